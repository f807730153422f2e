"""Places to remember jobs in: every ledger keeps the promises of `worker.ports.Ledger`."""

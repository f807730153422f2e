"""Why a ledger cannot be opened. It is never raised once a ledger is open."""

from __future__ import annotations


class LedgerRefused(Exception):
    """The ledger cannot be used as it stands: its text says, in a sentence for people, why and what to do."""

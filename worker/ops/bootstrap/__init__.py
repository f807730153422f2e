"""Makes what a worker needs and is not there: bearers, queues, a table. It changes nothing that is there."""

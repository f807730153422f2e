"""Makes what a worker needs and is not there: bearers, queues, a table. What is there it only completes."""

"""What the worker shows over HTTP: so far, whether it is alive. Read-only, on loopback by default."""

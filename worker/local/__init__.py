"""The embedded world: everything the worker talks to, on 127.0.0.1 and without an account."""

"""Looks at everything the worker needs and says what it found, and what mends it. It changes nothing."""

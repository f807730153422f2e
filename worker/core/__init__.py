"""What is decided, computed and derived: pure code without I/O, clock or asyncio."""

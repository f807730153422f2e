"""The asyncio shell: receives, works on jobs, settles, drains. It talks to ports only."""

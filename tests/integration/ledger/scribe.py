"""A process that writes rows until it is killed, and says on stdout which of them are safe."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from tests.contract.ledger.samples import RETENTION_S, ManualClock, a_row
from worker.adapters.ledger.sqlite import SqliteLedger, open_sqlite


async def scribble(ledger: SqliteLedger, writer: int) -> None:
    for n in count():
        job_id = f"{writer}-{n}"
        assert await ledger.put(a_row(job_id)) is None
        os.write(1, f"{job_id}\n".encode())


async def main(path: Path) -> None:
    async with (
        open_sqlite(path, ManualClock(), retention_s=RETENTION_S) as ledger,
        asyncio.TaskGroup() as group,
    ):
        for writer in range(8):
            group.create_task(scribble(ledger, writer))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

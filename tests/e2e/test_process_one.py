"""As process 1 of a container: the kernel gives it no signal that it has no handler for."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.watching import until

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "WORKER_QUEUE_URL": "http://127.0.0.1:9/111122223333/jobs",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/one",
    "WORKER_LEDGER": "memory:",
    "WORKER_ADMIN_PORT": "off",
}
WITHIN_S = 15.0

needs_a_namespace = pytest.mark.skipif(
    shutil.which("unshare") is None or os.geteuid() != 0, reason="only root can make a process 1"
)


@needs_a_namespace
async def test_a_stop_during_the_start_is_not_lost_on_process_one() -> None:
    worker = await asyncio.create_subprocess_exec(
        *("unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", "worker", "run"),
        env={**os.environ, **ENVIRONMENT},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(lambda: _blocking_child(worker.pid) is not None)
        os.kill(_blocking_child(worker.pid) or 0, signal.SIGTERM)

        assert 0 == await asyncio.wait_for(worker.wait(), WITHIN_S)
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


def _blocking_child(parent: int) -> int | None:
    """Find process 1 of the namespace, once it imports: it blocks the signals that it cannot take yet."""
    blocked = 1 << (signal.SIGTERM - 1)
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        status = Path(f"/proc/{child}/status").read_text()
        is_python = "unshare" not in status.partition("\n")[0]  # which blocks them too
        if is_python and int(status.partition("SigBlk:")[2].split()[0], 16) & blocked:
            return int(child)
    return None

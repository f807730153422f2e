"""
Breaks a copy of the worker, one line at a time, and demands that a sentence of the tests goes red.

`make mutants` runs it; it is no part of `make test`. A mutant whose text is not found is an error: the code
has changed, and the mutant must follow it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
JUDGES = (
    "tests/promises/test_at_most_one_message.py",
    "tests/promises/test_no_job_is_lost.py",
    "tests/promises",
    "tests/core",
    "tests/loop",
    "tests/simulation",
)
"""Asked one after another, the plainest first: what goes red there is the sentence that is shown."""
TIMEOUT_S = 300
FAILED = re.compile(r"^(?:FAILED|ERROR) \S+?::(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to the worker that breaks a promise."""

    name: str
    path: str
    text: str
    instead: str


MUTANTS = (
    Mutant(
        "no claim is stored before the send",
        "worker/loop/work.py",
        "                await self._say_that_it_begins()\n",
        "                pass\n",
    ),
    Mutant(
        "no look after doubt",
        "worker/core/aftermath.py",
        "    state = Unclear(row.state.since, now, now, retry_at, weight)\n",
        "    state = Ready(retry_at)\n",
    ),
    Mutant(
        "no grace",
        "worker/core/ends.py",
        "    return unclear.ended_at + timedelta(seconds=policy.grace_s)\n",
        "    return unclear.ended_at\n",
    ),
    Mutant(
        "the delivery is deleted before the end is recorded",
        "worker/loop/work.py",
        "            self._row = decide.end(self._row, ended)\n        await self._store()\n",
        "            self._row = decide.end(self._row, ended)\n",
    ),
    Mutant(
        "anybody's marker counts",
        "worker/core/evidence.py",
        "one.sender_arn == sender_arn and not markers.isdisjoint(one.markers)",
        "not markers.isdisjoint(one.markers)",
    ),
    Mutant(
        "the extension stops when the drain begins",
        "worker/loop/serve.py",
        "        self._gear.turns.close()\n",
        "        self._gear.turns.close()\n"
        "        self._settler.extend = lambda *_: asyncio.Event().wait()\n",
    ),
    Mutant(
        "a 429 uses up an attempt",
        "worker/core/aftermath.py",
        "    return replace(row, state=state, setbacks=setbacks).noting(",
        "    return replace(row, state=state, setbacks=setbacks, attempts=row.attempts + 1).noting(",
    ),
    Mutant(
        "followers overtake a head that waits",
        "worker/loop/serve.py",
        "lane = self._gear.resolver.lane_of(job.target)",
        "lane = delivery.receipt_handle",
    ),
    Mutant(
        "a group that goes back shows its head first",
        "worker/loop/serve.py",
        "            for held in lane[1:]:\n                self._settler.submit(held, Release())\n",
        "",
    ),
    Mutant(
        "a stuck lane may fill the hand",
        "worker/loop/serve.py",
        'head.phase == "active" and loop.time() - head.heads_since > STUCK_S:',
        'head.phase == "active" and loop.time() < 0:',
    ),
    Mutant(
        "a job is deleted before its dead letter is safe",
        "worker/loop/settle.py",
        "                await self._inbox.dead_letter(held.delivery, letter)\n",
        "                await self._inbox.delete([held.delivery])\n"
        "                await self._inbox.dead_letter(held.delivery, letter)\n",
    ),
    Mutant(
        "the token is another one on every attempt",
        "worker/loop/attempt.py",
        "client_request_token(identity.app_instance_arn, row.job_id)",
        'client_request_token(identity.app_instance_arn, f"{row.job_id}{row.sends}")',
    ),
    Mutant(
        "a log line tells what the job says",
        "worker/loop/handle.py",
        "            outcome=ended.outcome.value,\n",
        "            outcome=ended.outcome.value,\n            body=held.delivery.body,\n",
    ),
    Mutant(
        "a younger ledger is trusted",
        "worker/loop/fresh.py",
        "gear.ledger.created_at > delivery.sent_at",
        "gear.ledger.created_at < delivery.sent_at",
    ),
    Mutant(
        "a poll is given up when the drain begins",
        "worker/loop/serve.py",
        "                self._settler.submit(held, Release())\n            elif",
        "                self._hand.drop(held)\n            elif",
    ),
    Mutant(
        "an outage counts against the job",
        "worker/core/aftermath.py",
        '            weight = "never"\n    if lost.cause',
        '            weight = "counted"\n    if lost.cause',
    ),
    Mutant(
        "a late write wins: versions do not fence",
        "worker/adapters/ledger/memory.py",
        "        if standing is not None and standing.version != row.version:\n",
        "        if False:\n",
    ),
    Mutant(
        "a worker sends that was not heard of for long",
        "worker/loop/heart.py",
        "        return not self._ledger.is_shared or left_s >= needed_s\n",
        "        return left_s < 1e9\n",
    ),
    Mutant(
        "the delivery is deleted before its outcome is published",
        "worker/loop/publish.py",
        "            while ticket in self._waiting:\n                async",
        "            if ticket in self._waiting:\n                async",
    ),
    Mutant(
        "a job's bearer changes with the pool",
        "worker/core/arrival.py",
        "        not_before=fresh.not_before,\n",
        "        not_before=fresh.not_before,\n        bearer_arn=fresh.bearer_arn,\n",
    ),
    Mutant(
        "every worker reconciles every shard",
        "worker/core/fleet.py",
        "for shard in range(SHARDS) if owner_of(str(shard), living) == self.my_id)",
        "for shard in range(SHARDS) if living)",
    ),
)


def main(names: list[str]) -> int:
    """Try all mutants, or those whose name holds one of the words given; 1 if one survives."""
    if (red := _verdict_on(None)) is not None:
        raise SystemExit(f"The unbroken worker fails already, so that a mutant proves nothing:\n    {red}")
    wanted = [one for one in MUTANTS if not names or any(name in one.name for name in names)]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        survivors = sum(not killed for killed in pool.map(_is_killed, wanted))
    print(f"{len(wanted) - survivors} of {len(wanted)} mutants were found out")  # noqa: T201
    return int(survivors > 0)


def _is_killed(mutant: Mutant) -> bool:
    sentence = _verdict_on(mutant)
    print(f"{mutant.name}:\n    {sentence or 'SURVIVED'}", flush=True)  # noqa: T201
    return sentence is not None


def _verdict_on(mutant: Mutant | None) -> str | None:
    """Give the first sentence that goes red in a copy with this mutant in it; None if all stay green."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        _copy_to(copy)
        if mutant:
            _break(copy / mutant.path, mutant)
        return next((red for judge in JUDGES if (red := _red_sentence(copy, judge))), None)


def _copy_to(copy: Path) -> None:
    for name in ("worker", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)


def _break(path: Path, mutant: Mutant) -> None:
    source = path.read_text()
    if source.count(mutant.text) != 1:
        raise SystemExit(f"{mutant.name}: {mutant.path} does not hold its text once: let it follow the code.")
    path.write_text(source.replace(mutant.text, mutant.instead))


def _red_sentence(copy: Path, judge: str) -> str | None:
    """Run one judge until its first failure; return the sentence that failed, None if all is green."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", judge]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if run.returncode == 0:
        return None
    if (failed := FAILED.search(run.stdout)) is None:
        raise SystemExit(f"{judge} could not be run:\n{run.stdout}{run.stderr}")
    return failed[1].replace("_", " ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

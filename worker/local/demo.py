"""
The demo: the real worker against an embedded world in which much goes wrong.

It starts everything, enqueues, waits until every job has left the queue and been judged, and counts. It
prints nothing: *watch* is told how it goes.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from worker.adapters.clock import SystemClock
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite_reader import SqliteReader
from worker.contract.arns import AppInstance
from worker.contract.outcome_body import OutcomeBody
from worker.core.row import Verdict
from worker.local.chime.clock import WallClock
from worker.local.chime.message_log import Message
from worker.local.chime.seeds import plant
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.demo_channels import NOBODY, DemoChannel, demo_channels, demo_seed
from worker.local.demo_ends import DemoJob
from worker.local.demo_faults import THROTTLING, NamedRule, demo_faults
from worker.local.demo_jobs import demo_jobs
from worker.local.demo_report import Found, Summary, summary_of
from worker.local.worker_process import stop, worker_process
from worker.local.world import BEARER_ID, World, embedded_world

QUICKER: Mapping[str, str] = {
    "WORKER_MAX_ATTEMPTS": "3",
    "WORKER_RETRY_CAP_S": "2",
    "WORKER_RECONCILE_GRACE_S": "2",
    "WORKER_RECONCILE_INTERVAL_S": "1",
    "WORKER_SHUTDOWN_TIMEOUT_S": "6",
}
"""Unlike the defaults, to keep the demo short: all ends, judging and draining come sooner."""

SETTINGS: Mapping[str, str] = {
    **QUICKER,
    "WORKER_ALLOWED_BEARERS": f"{BEARER_ID},ana,{NOBODY}",
    "WORKER_LOG_FORMAT": "json",
}

SWITCHES = Switches(tokens="ignored", list_lag_s=0.4, sub_channel="refused")
"""The hardest Chime: repeated tokens make second messages, and lists lag. Its quotas are its region's."""

BATCH = 5
"""Jobs enqueued at once. Fewer than a receive brings, so one receiver is enough and SQS keeps their order."""
PACE_S = 0.5
LOOK_EVERY_S = 0.25
START_WITHIN_S = 30.0
END_WITHIN_S = 90.0
LOG_TAIL = 12
BAD = 300
"""Not a success from this HTTP status on."""


@dataclass(frozen=True, slots=True)
class Running:
    """The world and the worker are up."""

    world: World
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the demo is."""

    took_s: float
    jobs: int
    jobs_enqueued: int
    in_queue: int
    messages: int
    dead_letters: int
    to_judge: int
    """Jobs that reconciliation has to look at, as the worker's ledger says."""
    faults: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo has shown: its channels, all that was found, the verdict, the worker's last lines."""

    channels: Sequence[DemoChannel]
    found: Found
    summary: Summary
    log_tail: Sequence[str]


async def run_demo(*, seed: int, watch: Callable[[Running | Standing], None]) -> Shown:
    """Run the demo from beginning to end. Raises LocalExtraMissing."""
    rng = Random(seed)
    chime = Chime(WallClock(), switches=SWITCHES, rng=rng)
    async with embedded_world(channels=(), not_joined=(), chime=chime) as world:
        home = AppInstance.parse(world.app_instance_arn)
        channels = demo_channels(home)
        plant(chime, demo_seed(home))
        rules = demo_faults(rng, channels)
        chime.faults.add(*(named.rule for named in rules))
        environment = {**world.environment, **SETTINGS, "WORKER_OUTCOMES": world.outcomes_queue_url}
        async with worker_process(environment, output=PIPE) as process, asyncio.TaskGroup() as tasks:
            watch(Running(world, process.pid))
            log = _WorkerLog()
            tasks.create_task(log.follow(process))
            show = _Show(world, rules, process, watch)
            cut_short = await show.play(log)
            exit_code = await stop(process)
        found = show.found(exit_code, cut_short=cut_short)
        summary = summary_of(show.jobs, found)
        return Shown(channels, found, summary, tuple(log.tail))


class _WorkerLog:
    """Reads what the worker logs: whether it is ready, and its last lines."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.tail: deque[str] = deque(maxlen=LOG_TAIL)

    async def follow(self, process: Process) -> None:
        """Read until the worker has ended, which is the end of waiting too."""
        assert process.stdout is not None
        async for line in process.stdout:
            self.tail.append(line.decode(errors="replace").rstrip())
            if b'"worker.started"' in line:
                self.ready.set()
        self.ready.set()


class _Show:
    """One performance: the jobs, and how many of them are enqueued."""

    def __init__(
        self,
        world: World,
        rules: Sequence[NamedRule],
        process: Process,
        watch: Callable[[Running | Standing], None],
    ) -> None:
        self.jobs: list[DemoJob] = []
        self._world = world
        self._rules = rules
        self._process = process
        self._watch = watch
        self._enqueued = 0
        self._ledger = SqliteReader(world.ledger_path, SystemClock())
        self._home = AppInstance.parse(world.app_instance_arn)
        self._channels = demo_channels(self._home)
        self._began_at = asyncio.get_running_loop().time()

    async def play(self, log: _WorkerLog) -> str | None:
        """Wait for the worker, enqueue, and wait until nothing is left to do; say why if it could not."""
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await log.ready.wait()
        except TimeoutError:
            return f"the worker was not ready within {START_WITHIN_S:g} s"
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await self._enqueue_all()
                await self._until_all_is_done()
        except TimeoutError:
            return f"the jobs had not all left the queue and been judged within {END_WITHIN_S:g} s"
        return None if self._process.returncode is None else "the worker ended before its jobs did"

    def found(self, exit_code: int, *, cut_short: str | None) -> Found:
        """Look at everything once more, now that nobody changes it."""
        chime = self._world.chime.chime
        known = {
            *(channel.arn for channel in self._channels),
            *(one.arn for one in demo_seed(self._home).channels),
        }
        return Found(
            messages={channel.title: self._messages(channel) for channel in self._channels},
            members={
                channel.title: [arn.rpartition("/")[2] for arn in chime.members(channel.arn)]
                for channel in self._channels
                if channel.arn in chime.channels()
            },
            calls=self._calls(),
            dead_letters=self._world.dead_letters(),
            outcomes=[OutcomeBody.model_validate_json(each.body) for each in self._world.outcomes()],
            verdicts=self._verdicts(),
            strange_channels=len(set(chime.channels()) - known),
            left_in_queue=len(self._world.jobs()),
            faults=self._struck(),
            exit_code=exit_code,
            cut_short=cut_short,
        )

    def _messages(self, channel: DemoChannel) -> Sequence[Message]:
        """What is in a channel; nothing while the worker has not made it."""
        chime = self._world.chime.chime
        return chime.messages(channel.arn) if channel.arn in chime.channels() else ()

    def _calls(self) -> Mapping[str, Collection[str]]:
        """Which operations succeeded in a channel, by its title."""
        done = [call for call in self._world.chime.chime.calls.latest if call.status and call.status < BAD]
        return {
            channel.title: {call.operation for call in done if call.channel == channel.arn}
            for channel in self._channels
        }

    def _verdicts(self) -> Mapping[str, Verdict]:
        """What the ledger that the worker left says of the messages that it saw again, by job id."""
        try:
            rows = [self._ledger.read(job.id) for job in self.jobs if job.id is not None]
        except LedgerRefused:  # the worker ended before it had one
            return {}
        return {row.job_id: row.verdict for row in rows if row and row.verdict}

    async def _enqueue_all(self) -> None:
        self.jobs = demo_jobs(SystemClock().now(), self._home)
        for start in range(0, len(self.jobs), BATCH):
            if self._process.returncode is not None:
                return
            batch = self.jobs[start : start + BATCH]
            await self._world.enqueue([job.body for job in batch for _ in range(job.copies)])
            self._enqueued += len(batch)
            self._report()
            await asyncio.sleep(PACE_S)

    async def _until_all_is_done(self) -> None:
        while self._process.returncode is None:
            now = self._report()
            if now.in_queue == now.to_judge == 0:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    def _report(self) -> Standing:
        """Tell how it stands, and return it."""
        standing = Standing(
            took_s=asyncio.get_running_loop().time() - self._began_at,
            jobs=len(self.jobs),
            jobs_enqueued=self._enqueued,
            in_queue=len(self._world.jobs()),
            messages=sum(len(self._messages(channel)) for channel in self._channels),
            dead_letters=len(self._world.dead_letters()),
            to_judge=self._ledger.figures().waiting,
            faults=sum(self._struck().values()),
        )
        self._watch(standing)
        return standing

    def _struck(self) -> dict[str, int]:
        """How often each kind of trouble has struck; what goes over a quota is refused without a rule."""
        chime = self._world.chime.chime
        struck: Counter[str] = Counter()
        for named, (_, times) in zip(self._rules, chime.faults.struck(), strict=True):
            struck[named.name] += times
        struck[THROTTLING] += sum(bucket.refused for bucket in chime.throttle.buckets.values())
        return dict(sorted(struck.items()))

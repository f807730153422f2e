"""`python -m tests.simulation --seeds N [--from S] [--tokens MODE]`: counts what must not happen."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice

import structlog

from tests.simulation.oracle import KINDS, Finding
from tests.simulation.run import simulate
from tests.simulation.schedule import Tokens

EXAMPLES = 5
"""Of each kind, so many seeds are shown."""


def main(words: Sequence[str]) -> int:
    """Simulate the seeds, print a line of counts for each token mode; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, metavar="N")
    parser.add_argument("--from", type=int, default=0, metavar="S", dest="first")
    parser.add_argument("--tokens", choices=("honoured", "ignored", "both"), default="both")
    args = parser.parse_args(words)
    modes: tuple[Tokens, ...] = ("honoured", "ignored") if args.tokens == "both" else (args.tokens,)
    return max(_simulate_all(range(args.first, args.first + args.seeds), mode) for mode in modes)


def _simulate_all(seeds: range, tokens: Tokens) -> int:
    began_at = time.perf_counter()
    with ProcessPoolExecutor(initializer=_be_silent) as pool:
        found = list(pool.map(partial(simulate, tokens=tokens), seeds, chunksize=20))
    took_s = time.perf_counter() - began_at
    counts = Counter(finding.kind for findings in found for finding in findings)
    columns = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
    print(f"tokens {tokens}: {len(seeds)} seeds, {columns} ({len(seeds) / took_s:.0f} seeds/s)")  # noqa: T201
    failing = [(seed, findings) for seed, findings in zip(seeds, found, strict=True) if findings]
    shown = {
        seed: findings
        for kind in KINDS
        for seed, findings in islice((each for each in failing if _has(kind, each[1])), EXAMPLES)
    }
    for seed, findings in shown.items():
        print(f"  seed {seed}: {_sentence(findings)}")  # noqa: T201
        print(f"    again: python -m tests.simulation --from {seed} --seeds 1 --tokens {tokens}")  # noqa: T201
    return int(bool(counts))


def _be_silent() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _has(kind: str, findings: Sequence[Finding]) -> bool:
    return any(finding.kind == kind for finding in findings)


def _sentence(findings: Sequence[Finding]) -> str:
    return "; ".join(f"{finding.kind}: {finding.what}" for finding in findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

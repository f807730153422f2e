"""kill -9 in the middle of the work, by a Chime that loses replies: nothing is lost, nothing is doubled."""

from random import SystemRandom
from signal import SIGKILL

import pytest

from tests.e2e.kill import SHORT, run_through_kills


@pytest.mark.timeout(120)
async def test_a_worker_that_is_killed_in_the_middle_loses_no_job_and_repeats_none() -> None:
    seed = SystemRandom().randrange(2**32)

    found = await run_through_kills(SHORT, seed)

    said = f"seed {seed}: {found}"
    assert ([], [], []) == (found.lost, found.doubled, found.dead_letters), said
    assert SHORT.jobs == found.posted_once, said
    assert [-SIGKILL, -SIGKILL, 0] == found.exit_codes, said
    assert 0 < sum(found.struck.values()), said

"""kill -9 in the middle of the work, by a Chime that loses replies: nothing is lost, nothing is doubled."""

from random import SystemRandom

import pytest

from tests.e2e.kill import Plan, run_through_kills

ALONE = Plan(workers=1, ledger="sqlite", jobs=40, kills=2, freezes=0, grace_s=2.0, visibility_timeout_s=4)


@pytest.mark.timeout(120)
async def test_a_worker_that_is_killed_in_the_middle_loses_no_job_and_repeats_none() -> None:
    seed = SystemRandom().randrange(2**32)

    found = await run_through_kills(ALONE, seed)

    assert found.is_right, f"seed {seed}: {found}"
    assert 0 < sum(found.struck.values())

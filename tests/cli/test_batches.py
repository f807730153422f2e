"""How jobs are cut into calls of SendMessageBatch."""

import pytest

from worker.adapters.sqs_producer import Parcel, batches


def a_parcel(n: int, *, group_id: str = "orders", size_bytes: int = 10) -> Parcel:
    return Parcel(n, f"order-{n}", group_id, "x" * size_bytes)


def test_a_batch_holds_ten_in_their_order() -> None:
    parcels = [a_parcel(n) for n in range(25)]

    cut = list(batches(parcels, is_fifo=False))

    assert [10, 10, 5] == list(map(len, cut))
    assert parcels == [parcel for batch in cut for parcel in batch]


def test_a_batch_holds_a_mebibyte_counted_in_utf_8() -> None:
    quarter = 256 * 1024

    full = list(batches([a_parcel(n, size_bytes=quarter) for n in range(5)], is_fifo=False))
    wide = list(batches([Parcel(n, "id", "orders", "é" * quarter) for n in range(3)], is_fifo=False))

    assert [4, 1] == list(map(len, full))
    assert [2, 1] == list(map(len, wide))


@pytest.mark.parametrize(("is_fifo", "sizes"), [(False, [4]), (True, [2, 2])])
def test_on_a_fifo_queue_no_two_of_a_group_share_a_batch(is_fifo: bool, sizes: list[int]) -> None:
    parcels = [a_parcel(n, group_id=group) for n, group in enumerate(("a", "b", "a", "b"))]

    assert sizes == list(map(len, batches(parcels, is_fifo=is_fifo)))


def test_no_jobs_are_no_batch() -> None:
    assert [] == list(batches([], is_fifo=False))

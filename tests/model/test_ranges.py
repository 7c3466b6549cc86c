"""Numbers out of range are told with what they may be."""

import pytest

from exportkit.errors import UsageError
from exportkit.model.ranges import check_range


def test_numbers_in_range_and_those_not_given_pass() -> None:
    check_range(jobs=1, memory=(1 << 63) - 1, sample=None)
    check_range(0, 5, expect_item_count=0, level=5)


@pytest.mark.parametrize(
    ("value", "told"), [(-1, "jobs is -1; it has to be at least 0"), (6, "jobs is too large: it may be at most 5")]
)
def test_others_are_refused(value: int, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_range(0, 5, memory=1, jobs=value)

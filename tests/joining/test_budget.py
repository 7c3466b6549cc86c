"""The shares of a joining's memory: together they are no more than it."""

import pytest

from exportkit.joining.budget import Budget

MIB = 1 << 20


@pytest.mark.parametrize("jobs", [1, 2, 16])
@pytest.mark.parametrize("memory", [16 * MIB, 128 * MIB, 1 << 30, 1 << 40])
def test_the_shares_fit(memory: int, jobs: int) -> None:
    budget = Budget.of(memory, jobs)
    assert budget.filter_bytes + 2 * budget.entry_bytes <= memory, "while files are read"
    assert 3 * budget.entry_bytes <= memory, "while what stayed in memory is joined"
    assert 3 * budget.leaf_bytes * jobs <= memory, "while what was spilled is joined"


def test_there_is_a_least() -> None:
    budget = Budget.of(1, 4)
    assert min(budget.entry_bytes, budget.leaf_bytes) >= 100_000

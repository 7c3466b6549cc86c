"""The cut into tasks: every file once, in order, near equal, by the data alone."""

from hypothesis import given
from hypothesis import strategies as st

from exportkit.convert.tasks import cut_tasks

MIB = 1024 * 1024


@given(
    st.lists(st.integers(0, 10_000), max_size=60), st.floats(0.001, 100_000), st.sampled_from([1, 1000, MIB, 256 * MIB])
)
def test_every_file_is_in_one_task_in_order(counts: list[int], bytes_per_row: float, target: int) -> None:
    tasks = cut_tasks(counts, bytes_per_row, target)
    files = [index for task in tasks for index in range(task.first, task.first + task.files)]
    assert files == list(range(len(counts)))
    assert [task.number for task in tasks] == list(range(len(tasks)))
    assert all(task.items == sum(counts[task.first : task.first + task.files]) for task in tasks)
    assert all(task.items for task in tasks) or len(tasks) == 1, "none is without rows"
    assert all(task.part_rows >= 1 for task in tasks)


def test_an_export_without_files_has_no_task() -> None:
    assert cut_tasks([], 100, 256 * MIB) == ()


def test_a_small_export_is_cut_to_keep_processors_busy_but_not_into_crumbs() -> None:
    assert len(cut_tasks([100] * 100, 100, 256 * MIB)) == 1, "1 MB"
    assert len(cut_tasks([10_000] * 100, 10, 256 * MIB)) == 4, "10 MB"
    assert len(cut_tasks([100_000] * 100, 100, 256 * MIB)) == 16, "1 GB"


def test_a_large_export_has_a_file_of_the_target_size_a_task() -> None:
    tasks = cut_tasks([100_000] * 2000, 500, 256 * MIB)
    assert len(tasks) == round(100_000 * 2000 * 500 / (256 * MIB))
    sizes = [task.items * 500 / (256 * MIB) for task in tasks]
    assert all(0.7 < size < 1.3 for size in sizes)
    assert all(task.part_rows == task.items for task in tasks)


def test_a_large_data_file_is_a_task_of_several_parquet_files() -> None:
    tasks = cut_tasks([10, 3_000_000, 10], 1000, 256 * MIB)
    large = max(tasks, key=lambda task: task.items)
    assert -(-large.items // large.part_rows) == round(3_000_000 * 1000 / (256 * MIB))

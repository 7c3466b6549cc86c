"""``exportkit load`` of several exports, and of what an earlier run has begun."""

from decimal import Decimal
from pathlib import Path

import pytest

from exportkit.errors import (
    AccessDeniedError,
    ChainError,
    InternalServerError,
    LockedError,
    UsageError,
)
from exportkit.model.formats import OutputFormat
from exportkit.model.values import ChangeRecord
from exportkit.service import load
from exportkit.service.checkpoint import Checkpoint
from exportkit.service.tables import Table
from exportkit.store import StoreOptions
from tests.histories import START, WINDOW, Writing
from tests.service.loading.loads import DESCRIBED, DONE, Answer, Load, flat, keys, of_items, refused, written
from tests.service.simulated import Wire

JSON, ION = OutputFormat


class TestChains:
    @staticmethod
    def window(root: Path, number: int, *changes: tuple[str, int | None]) -> Path:
        start = START + number * WINDOW
        records = [
            ChangeRecord(
                keys={"pk": key},
                write_timestamp=start,
                new_image=None if value is None else {"pk": key, "n": Decimal(value)},
                old_image=None,
            )
            for key, value in changes
        ]
        return Writing(root, plain=True).window(records, start, start + WINDOW, ION if number % 2 else JSON)

    @pytest.fixture
    def chain(self, tmp_path: Path) -> list[Path]:
        base = Writing(tmp_path, plain=True).full({("a",): {"pk": "a"}, ("b",): {"pk": "b"}})
        return [base, self.window(tmp_path, 0, ("a", 1), ("c", 1)), self.window(tmp_path, 1, ("a", None), ("c", 2))]

    def test_a_state_then_its_changes_in_the_order_of_their_windows(
        self, loading: Load, wire: Wire, chain: list[Path]
    ) -> None:
        base, first, second = chain
        report = loading(second, base, first)
        assert keys(wire) == [["a", "b"], ["a", "c"], ["a", "c"]]
        assert ["PutRequest" in request for request in flat(wire)] == [True, True, True, True, False, True]
        assert [told["uri"] for told in report.exports] == [str(each) for each in chain]
        assert (report.puts, report.deletes, report.warnings) == (5, 1, ())

    def test_changes_alone(self, loading: Load, wire: Wire, chain: list[Path]) -> None:
        loading(chain[2], chain[1], answers=[DONE])
        assert keys(wire) == [["a", "c"], ["a", "c"]]

    def test_a_gap(self, loading: Load, wire: Wire, chain: list[Path]) -> None:
        with pytest.raises(ChainError, match="gap"):
            loading(chain[0], chain[2])
        assert wire.sent == []
        assert loading(chain[0], chain[2], allow_gap=True).warnings[0].startswith("gap:")

    def test_two_states(self, loading: Load, wire: Wire, chain: list[Path], tmp_path: Path) -> None:
        other = Writing(tmp_path, seed=1, plain=True).full({})
        with pytest.raises(ChainError, match="is a full export, a state of its own"):
            loading(chain[0], other)


class TestGoingOn:
    def test_a_load_that_failed_goes_on_after_the_files_that_were_done(
        self, loading: Load, wire: Wire, tmp_path: Path, temporary: Path
    ) -> None:
        export = of_items(tmp_path, ["a"], ["b"], ["c"]).folder
        with pytest.raises(AccessDeniedError) as caught:
            loading(export, answers=[DONE, DONE, refused("AccessDeniedException")])
        assert caught.value.__notes__ == ["2 data files are loaded; the same command goes on from there"]
        (kept,) = temporary.iterdir()
        assert kept.stat().st_mode & 0o777 == 0o600
        # Its own items are in the table now: nobody asks whether it is empty.
        wire.sent.clear()
        wire.answers = [DESCRIBED, DONE]
        report = load(export, "Restored", jobs=1)
        assert keys(wire) == [["c"]]
        assert (report.resumed, report.files, report.puts) == (2, 1, 1)
        assert [*temporary.iterdir()] == []

    def test_a_file_that_was_not_done_is_loaded_again_whole(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        names = [f"k{number}" for number in range(30)]
        export = of_items(tmp_path, ["a"], names).folder
        with pytest.raises(AccessDeniedError):
            loading(export, answers=[DONE, DONE, refused("AccessDeniedException")])
        wire.sent.clear()
        wire.answers = [DESCRIBED, DONE]
        load(export, "Restored", jobs=1)
        assert [len(call) for call in keys(wire)] == [25, 5]

    def test_a_state_of_which_a_part_of_one_file_is_written_goes_on(
        self, loading: Load, wire: Wire, tmp_path: Path, temporary: Path
    ) -> None:
        export = of_items(tmp_path, [f"k{number}" for number in range(30)]).folder
        with pytest.raises(AccessDeniedError) as caught:
            loading(export, answers=[DONE, refused("AccessDeniedException")])
        assert caught.value.__notes__ == ["a part is loaded; the same command does it again, and goes on"]
        wire.answers = [DESCRIBED, refused("AccessDeniedException")]
        with pytest.raises(AccessDeniedError):  # nor is it forgotten where it fails again at once
            load(export, "Restored", jobs=1)
        wire.sent.clear()
        wire.answers = [DESCRIBED, DONE]
        assert load(export, "Restored", jobs=1).puts == 30
        assert [operation for operation, _ in wire.sent] == ["DescribeTable", "BatchWriteItem", "BatchWriteItem"]
        assert [*temporary.iterdir()] == []

    def test_what_is_kept_holds_no_password(self, loading: Load, tmp_path: Path) -> None:
        storage = StoreOptions(dynamodb_endpoint_url="http://me:hidden@127.0.0.1:9")
        lost: list[Answer] = [(500, {"__type": "InternalServerError"})]
        with pytest.raises(InternalServerError):
            loading(of_items(tmp_path, ["a"]).folder, answers=lost, storage=storage, resume_file=tmp_path / "done")
        assert '"endpoint":"http://127.0.0.1:9"' in (tmp_path / "done").read_text()

    def test_one_whose_first_answer_was_lost_goes_on(self, loading: Load, wire: Wire, tmp_path: Path) -> None:
        export = of_items(tmp_path, ["a"]).folder
        with pytest.raises(InternalServerError):
            loading(export, answers=[(500, {"__type": "InternalServerError"})])
        wire.answers = [DESCRIBED, DONE]
        assert load(export, "Restored", jobs=1).puts == 1

    def test_one_that_was_interrupted_in_its_first_call_goes_on(
        self, loading: Load, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export = of_items(tmp_path, ["a"]).folder

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Table, "write", interrupted)
            with pytest.raises(KeyboardInterrupt):
                loading(export)
        wire.answers = [DESCRIBED, DONE]
        assert load(export, "Restored", jobs=1).puts == 1

    def test_one_that_wrote_nothing_begins_anew(
        self, loading: Load, wire: Wire, tmp_path: Path, temporary: Path
    ) -> None:
        export = of_items(tmp_path, ["a"]).folder
        with pytest.raises(AccessDeniedError):
            loading(export, answers=[refused("AccessDeniedException")])
        assert [*temporary.iterdir()] == []
        wire.answers = [DESCRIBED, {"Count": 1}]
        with pytest.raises(UsageError, match="holds items"):
            load(export, "Restored", jobs=1)

    def test_a_torn_last_line_counts_for_nothing(self, tmp_path: Path) -> None:
        path, told = tmp_path / "done", {"table": "T"}
        with Checkpoint(path, told) as first:
            first.finish(0, 0)
            first.finish(0, 1)
        whole = path.read_bytes()
        path.write_bytes(whole[:-2])
        with Checkpoint(path, told) as second:
            assert (second.finished(0, 0), second.finished(0, 1), len(second)) == (True, False, 1)
            second.finish(0, 1)
        assert path.read_bytes() == whole

    def test_two_runs_at_once(self, tmp_path: Path) -> None:
        with Checkpoint(tmp_path / "done", {}), pytest.raises(LockedError), Checkpoint(tmp_path / "done", {}):
            raise AssertionError

    def test_a_file_that_is_another_loads_or_no_such_file_is_left_alone(
        self, loading: Load, wire: Wire, tmp_path: Path
    ) -> None:
        export = of_items(tmp_path, ["a"]).folder
        with Checkpoint(tmp_path / "done", {"table": "T"}) as other:
            other.finish(0, 0)
        with pytest.raises(UsageError, match="tells of a load of other exports, or into another table"):
            loading(export, resume_file=tmp_path / "done")
        for text in ("precious", "precious\n", "[1]\n", '{"a":1}\n'):
            (tmp_path / "notes").write_text(text)
            with pytest.raises(UsageError, match="is no file of a load"):
                loading(export, resume_file=tmp_path / "notes")
            assert (tmp_path / "notes").read_text() == text
        assert written(wire) == []

    def test_a_link_is_not_followed(self, loading: Load, tmp_path: Path) -> None:
        (tmp_path / "precious").write_text("")
        (tmp_path / "done").symlink_to(tmp_path / "precious")
        with pytest.raises(OSError, match="done"):
            loading(of_items(tmp_path, ["a"]).folder, resume_file=tmp_path / "done")
        assert (tmp_path / "precious").read_text() == ""

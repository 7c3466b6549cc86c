"""Where a manifest's keys point once the export has moved."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exportkit.model.layout import Anchor, Place, export_id_time, is_export_id, place_key
from exportkit.model.times import format_duration, from_micros, to_micros
from exportkit.model.window import Window

ID = "01715685260608-c488b4e1"


@pytest.mark.parametrize(
    ("key", "place"),
    [
        (f"p/AWSDynamoDB/{ID}/data/x.json.gz", Place(Anchor.EXPORT, "data/x.json.gz")),
        (f"AWSDynamoDB/{ID}/manifest-files.json", Place(Anchor.EXPORT, "manifest-files.json")),
        (f"a/b/c d/AWSDynamoDB/{ID}/data/x", Place(Anchor.EXPORT, "data/x")),
        (f"/AWSDynamoDB/{ID}/data/x", Place(Anchor.EXPORT, "data/x")),  # the prefix "/" is a legal one
        (f"//p//AWSDynamoDB/{ID}/data/x", Place(Anchor.EXPORT, "data/x")),
        ("p/AWSDynamoDB/data/x.json.gz", Place(Anchor.ROOT, "data/x.json.gz")),
        ("AWSDynamoDB/data/x.json.gz", Place(Anchor.ROOT, "data/x.json.gz")),
        # A prefix may have any name, this one too: the last counts.
        (f"AWSDynamoDB/old/AWSDynamoDB/{ID}/data/x", Place(Anchor.EXPORT, "data/x")),
        (f"AWSDynamoDB/{ID}/AWSDynamoDB/data/x", Place(Anchor.ROOT, "data/x")),
        # Relative to the export's folder, as migration tools write them.
        ("data/x.json.gz", Place(Anchor.EXPORT, "data/x.json.gz")),
        ("./data/x.json.gz", Place(Anchor.EXPORT, "data/x.json.gz")),
        ("manifest-files.json", Place(Anchor.EXPORT, "manifest-files.json")),
        # Nothing is decoded: these are names like others.
        ("data/%2e%2e/x", Place(Anchor.EXPORT, "data/%2e%2e/x")),
        ("data/..x", Place(Anchor.EXPORT, "data/..x")),
        (f"awsdynamodb/{ID}/x", Place(Anchor.EXPORT, f"awsdynamodb/{ID}/x")),
        (f"AWSDynamoDB/{ID}/data/AWSDynamoDB.json.gz", Place(Anchor.EXPORT, "data/AWSDynamoDB.json.gz")),
    ],
)
def test_where_a_key_points(key: str, place: Place) -> None:
    assert place_key(key, {ID}) == place


def test_a_writer_that_names_no_root_folder() -> None:
    assert place_key("dumps/one/data/x", {"one"}, "dumps/one") == Place(Anchor.EXPORT, "data/x")
    assert place_key("dumps/one-more/data/x", {"one"}, "dumps/one") == Place(Anchor.EXPORT, "dumps/one-more/data/x")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("../x", "climbs"),
        ("data/../../x", "climbs"),
        (f"../AWSDynamoDB/{ID}/data/x", "climbs"),
        (f"AWSDynamoDB/{ID}/../other/data/x", "climbs"),
        ("..", "climbs"),
        ("/etc/passwd", "absolute"),
        ("//host/share", "absolute"),
        ("s3://other/AWSDynamoDB/data/x", "another place"),
        ("file:///etc/passwd", "another place"),
        ("HTTPS://example.com/x", "another place"),
        ("AWSDynamoDB/01715685260609-ffffffff/data/x", "another export"),
        (f"AWSDynamoDB/{ID}", "another export"),
        ("AWSDynamoDB/x.json.gz", "another export"),
        ("AWSDynamoDB/data", "another export"),
        ("AWSDynamoDB", "another export"),
        ("data/x\0.gz", "NUL"),
        (".", "no object"),
        ("./.", "no object"),
    ],
)
def test_a_key_that_leads_out(key: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        place_key(key, {ID})


@given(
    st.lists(st.sampled_from([*"ab./%\\", "AWSDynamoDB", ID, "data", "..", "\0", "s3://"]), max_size=12).map("".join)
)
def test_no_key_gets_out(key: str) -> None:
    try:
        place = place_key(key, {ID}, "own")
    except ValueError:
        return
    assert place.path
    assert not {"", ".", ".."} & set(place.path.split("/"))
    assert place.anchor is Anchor.EXPORT or place.path.startswith("data/")


@pytest.mark.parametrize("name", [ID, "00000000000000-00000000"])
def test_an_export_id(name: str) -> None:
    assert is_export_id(name)


@pytest.mark.parametrize("name", ["", "data", ID[:-1], ID + "\n", ID.upper(), "1715685260608-c488b4e1", "x" + ID])
def test_no_export_id(name: str) -> None:
    assert not is_export_id(name)
    assert export_id_time(name) is None


def test_the_time_in_an_export_id() -> None:
    assert export_id_time(ID) == datetime(2024, 5, 14, 11, 14, 20, 608000, tzinfo=UTC)
    assert export_id_time("99999999999999-00000000") is not None
    assert export_id_time("00000000000000-00000000") == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (0.608, "0.608 s"),
        (70, "1 min 10 s"),
        (900, "15 min"),
        (86_400, "1 d"),
        (90_061.5, "1 d 1 h 1 min 1.5 s"),
    ],
)
def test_lengths_of_time_for_people(seconds: float, told: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == told


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_exact(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


def test_a_window_holds_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    window = Window(start, start + timedelta(minutes=15))
    assert window.duration == timedelta(minutes=15)
    assert window.micros == (to_micros(start), to_micros(start) + 900_000_000)
    for end in (start, start - timedelta(seconds=1)):
        with pytest.raises(ValueError, match="window"):
            Window(start, end)

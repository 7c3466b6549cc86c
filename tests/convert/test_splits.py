"""The folders of a split export: safe names, never the same."""

from hypothesis import given
from hypothesis import strategies as st

from exportkit.convert.splits import split_folders

VALUES = st.lists(
    st.none() | st.tuples(st.sampled_from(["S", "N", "B", "BOOL"]), st.text(max_size=120)), unique=True, max_size=8
)


@given(st.text(min_size=1, max_size=120), VALUES)
def test_names_are_safe_and_different_on_every_file_system(
    attribute: str, values: list[tuple[str, str] | None]
) -> None:
    names = split_folders(attribute, values)
    assert len({name.lower() for name in names}) == len(values)
    for name in names:
        assert name.isascii()
        assert not set(name) & set('/\\:*?"<>| ')
        assert "=" in name
        assert len(name) <= 255


@given(st.lists(st.sampled_from(["a", "A", "á", "%", "~", "a~S", "", "__HIVE_DEFAULT_PARTITION__"]), unique=True))
def test_what_is_near_the_same_stays_apart(texts: list[str]) -> None:
    values = [None, *((tag, text) for tag in "SN" for text in texts)]
    names = split_folders("t", values)
    assert len({name.lower() for name in names}) == len(values)


def test_names_do_not_depend_on_chance() -> None:
    values = [("S", "x" * 400), ("S", "X" * 400), ("N", "1"), ("S", "1")]
    assert split_folders("type", values) == split_folders("type", values)
    assert split_folders("type", values)[2:] == ("type=1", "type=1~S")

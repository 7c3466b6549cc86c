from hypothesis import given
from hypothesis import strategies as st

from exportkit.verify.lines import LineCounter

_PIECES = st.lists(st.sampled_from([b"\n", b" ", b"\t", b"\r", b"x", b"\r\n", b"{}", b"  \n\n", b"ab\ncd"])).map(
    b"".join
)


@given(data=_PIECES, cuts=st.lists(st.integers(1, 5)))
def test_counts_what_splitting_the_whole_file_counts(data: bytes, cuts: list[int]) -> None:
    counter = LineCounter()
    rest = data
    for cut in cuts:
        counter.feed(rest[:cut])
        rest = rest[cut:]
    counter.feed(rest)
    counter.finish()
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    blank = sum(not line.strip(b" \t\r") for line in lines)
    assert (counter.records, counter.blank_lines) == (len(lines) - blank, blank)

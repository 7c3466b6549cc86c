"""Texts that stand twice among many."""

import tracemalloc

import pytest

from exportkit.model.repeats import Repeats, digest


def repeats_of(texts: list[str]) -> Repeats:
    names = Repeats()
    for text in texts:
        names.add(text)
    return names


@pytest.mark.parametrize("texts", [[], ["a"], [f"{number}" for number in range(1000)], ["a", "A", "a/", "\ud800"]])
def test_texts_that_differ(texts: list[str]) -> None:
    assert repeats_of(texts).any() is None


@pytest.mark.parametrize("place", [0, 1, 500, 999])
def test_one_that_stands_twice(place: int) -> None:
    texts = [f"{number}" for number in range(1000)]
    assert repeats_of([*texts, f"{place}"]).any() == digest(f"{place}")


def test_of_several_it_is_always_the_same() -> None:
    texts = [f"{number}" for number in range(100)]
    assert repeats_of(texts * 2).any() == repeats_of(texts[::-1] * 3).any() == min(map(digest, texts))


def test_memory_is_that_of_the_digests() -> None:
    number = 50_000
    tracemalloc.start()
    try:
        names = Repeats()
        for each in range(number):
            names.add(f"s3://bucket/a/prefix/of/some/length/AWSDynamoDB/01768386000000-0a1b2c3d/data/{each}.json.gz")
        assert names.any() is None
        assert tracemalloc.get_traced_memory()[1] < 40 * number
    finally:
        tracemalloc.stop()

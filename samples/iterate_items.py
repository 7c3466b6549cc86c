"""Reads every item of a full export as Python values and counts what attributes there are.

    python samples/iterate_items.py LOCATION

Numbers are exact decimals, sets are sets, binary is bytes: what boto3 would give, without its limits.
"""

import sys
from collections import Counter

import exportkit


def main(location: str) -> int:
    items = 0
    attributes: Counter[tuple[str, str]] = Counter()
    for item in exportkit.open(location).items():
        items += 1
        attributes.update((name, type(value).__name__) for name, value in item.items())
    print(f"{items:,} items")
    for (name, kind), count in attributes.most_common(10):
        print(f"  {name!r} is a {kind} in {count:,} of them")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Tells what changed in a table between two full exports, without writing anything.

    python samples/compare_exports.py BEFORE AFTER PARTITION_KEY [SORT_KEY]

BEFORE and AFTER are folders of exports, S3 URIs of them, or export ARNs.
"""

import sys

import exportkit


def main(before: str, after: str, *key: str) -> int:
    report = exportkit.diff(before, after, key=key or None)
    print(f"{report.added:,} items added, {report.removed:,} removed, {report.changed:,} changed")
    for each in report.attributes or ():
        print(f"  {each.name}: added in {each.added:,}, removed in {each.removed:,}, changed in {each.changed:,}")
    for warning in report.warnings:
        print(f"  {warning}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Reads incremental exports and tells what each did: the keys that were written, and the keys that are gone.

    python samples/read_changes.py LOCATION...

A record is the net effect of a window on one key. Without old images (view NEW_IMAGE) an insert
cannot be told from an update.
"""

import sys
from datetime import UTC, datetime

import exportkit
from exportkit.errors import UsageError


def main(*locations: str) -> int:
    for location in locations:
        export = exportkit.open(location)
        try:
            changes = export.changes()
        except UsageError as error:
            print(error, file=sys.stderr)
            return 2
        print(f"{export.summary.window} {export.summary.output_view}")
        for change in changes:
            if change.new_image is None:
                effect = "deleted"
            elif change.old_image is None:
                effect = "written" if export.summary.output_view == "NEW_IMAGE" else "inserted"
            else:
                effect = "updated"
            time = datetime.fromtimestamp(change.write_timestamp / 1_000_000, UTC)
            print(f"  {time:%H:%M:%S} {effect:<8} {change.keys}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

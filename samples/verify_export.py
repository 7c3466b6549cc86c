"""Verifies an export from Python and says what is wrong with it.

    python samples/verify_export.py LOCATION [PARTITION_KEY [SORT_KEY]]

LOCATION is an export's folder, an S3 URI of it, or an export ARN.
"""

import sys

import exportkit


def main(location: str, *key: str) -> int:
    report = exportkit.verify(location, key=key or None)
    print(
        f"{report.counts['items']:,} items in {report.counts['files']:,} files: {'good' if report.ok else 'NOT good'}"
    )
    for finding in report.findings:
        print(f"  {finding.severity}: {finding}")
    for check in report.checks:
        if check.status == "not done":
            print(f"  not checked: {check.check} ({check.why})")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

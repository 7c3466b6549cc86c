"""``exportkit clean``: what killed runs left behind."""

from exportkit.cli.options import FlagOption, JsonOption, S3OutputOptions, StorageOptions, TempDirOption
from exportkit.cli.text import printable
from exportkit.model.times import format_time

__all__ = ["clean"]


def clean(
    location: str | None = None,
    /,
    *,
    temp_dir: TempDirOption = None,
    older_than: str = "1d",
    conversions: FlagOption = False,
    dry_run: FlagOption = False,
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
    stored: S3OutputOptions = S3OutputOptions(),  # noqa: B008 - frozen
) -> int:
    """Clears away what killed runs left: uploads to S3 that were never finished, and temporary files.

    The parts of such uploads show under no name, and are paid for. In S3 it needs s3:ListBucketMultipartUploads,
    s3:AbortMultipartUpload and s3:ListBucket; --conversions s3:DeleteObject, s3:GetObject and s3:PutObject too.

    Args:
        location: A folder, or an S3 URI of a prefix or bucket.
        temp_dir: Delete the temporary files that killed runs left right in this folder, /tmp say; those of runs at
            work stay.
        older_than: Keep uploads begun within this time, such as 2h or 1d12h: somebody may be at work. 0s keeps none.
        conversions: Give up conversions that were not finished, and delete what they wrote.
        dry_run: Tell what there is, and do nothing.
        json: Print one JSON document.
        storage: Where and how.
        stored: What is agreed to and demanded of the bucket.
    """
    from exportkit.clean import clean as run  # noqa: PLC0415 - quick --help
    from exportkit.cli.output import print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - as above
    from exportkit.service import parse_duration  # noqa: PLC0415

    options = storage.resolve(stored)
    report = run(
        location,
        temp_dir=temp_dir,
        older_than=parse_duration(older_than, may_be_zero=True),
        conversions=conversions,
        dry_run=dry_run,
        storage=options,
    )
    with unless_nobody_reads():
        if json:
            print_json(report.to_dict(), options)
            return 0
        for each in report.leftovers:
            began = "" if each.since is None else f" of {format_time(each.since)}"
            done = "kept" if each.kept else "would go" if dry_run else "cleared away"
            why = f" ({each.kept})" if each.kept else ""
            print(f"{done:<14}{each.kind}{began}  {printable(each.uri)}{printable(why)}")
        if not report.leftovers:
            places = " and ".join(printable(str(place)) for place in (report.location, temp_dir) if place is not None)
            print(f"nothing was left behind in {places}")
        tell_traffic(options)
    return 0

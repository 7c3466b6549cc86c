"""A Lambda function that keeps an unbroken chain of a table's exports, and the table rebuilt from it.

EventBridge calls it every quarter of an hour (lambda_follow.yaml has all of it for AWS SAM). It waits for nothing: it
asks for the windows that are due, verifies the exports that have ended since, rebuilds the table, and ends; the next
call goes on. It raises if the chain is broken or an export is wrong, so that alarms and dead-letter queues work as
for any failure.

Lambda gives 15 minutes and 10 GB for what it verifies and rebuilds in one call. A first full export that takes longer
to verify needs a longer run somewhere else once: ``exportkit follow TABLE --bucket B --once``; calls after it go on.
"""

import json
import os
from datetime import timedelta
from typing import Any

from exportkit.follow import Follower, FollowEvent, FollowOptions


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Does what is due and returns what it came to.

    Raises:
        exportkit.errors.ExportkitError: The chain cannot be gone on with, an export is wrong, or AWS failed.
    """
    options = FollowOptions(
        table=os.environ["TABLE"],
        bucket=os.environ["BUCKET"],
        prefix=os.environ.get("PREFIX") or None,
        window=timedelta(minutes=int(os.environ.get("WINDOW_MINUTES", "60"))),
        replay_to=os.environ.get("REPLAY_TO") or None,
        rebase=os.environ.get("REBASE") == "yes",
        wait=False,
        jobs=2,
        memory=512 << 20,
    )
    return Follower(options, tell=log).catch_up().to_dict()


def log(event: FollowEvent) -> None:
    """Prints what was done as a line of JSON, which CloudWatch Logs Insights reads."""
    print(json.dumps(event.to_dict()))

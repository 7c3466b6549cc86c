"""An Airflow DAG that keeps an unbroken chain of a table's exports, and the table rebuilt from it.

Each hour a sensor does what is due: it asks for exports, verifies those that have ended, rebuilds the table. While
exports are under way it gives its worker's slot back and looks again five minutes later. Where it stopped, crashed or
was cleared does not matter: what there is lies in the bucket and in DynamoDB's list of exports.

It is written for Airflow 3 with the standard provider. Credentials are the worker's, or those of the environment.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import DAG, PokeReturnValue

from exportkit.follow import Follower, FollowEvent, FollowOptions

FOLLOWED = FollowOptions(
    table="arn:aws:dynamodb:eu-central-1:111122223333:table/Orders",
    bucket="backups",
    prefix="orders",
    window=timedelta(hours=1),
    replay_to="s3://backups/orders-now",
    rebase=True,  # the first run asks for the full export that the chain begins with
    wait=False,
    jobs=2,
)


def log(event: FollowEvent) -> None:
    """Prints what was done into the task's log."""
    print(event.to_dict())


def follow() -> Any:
    """Does what is due; tells Airflow whether there is anything left to wait for, and what it came to."""
    report = Follower(FOLLOWED, tell=log).catch_up()
    return PokeReturnValue(is_done=not report.running, xcom_value=report.to_dict())


with DAG(
    dag_id="follow_orders",
    schedule="@hourly",
    start_date=datetime.fromisoformat("2026-01-14T00:00:00Z"),
    catchup=False,  # a run does everything that is due, not the hour it is named after
    max_active_runs=1,
):
    PythonSensor(
        task_id="follow",
        python_callable=follow,
        mode="reschedule",
        poke_interval=300,
        timeout=timedelta(hours=12).total_seconds(),
        retries=3,
    )

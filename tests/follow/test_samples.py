"""The samples that follow a table do, in what stands for Airflow and for Lambda."""

import importlib.util
import json
import re
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Self

import pytest

from exportkit.errors import ChainError
from exportkit.model.times import parse_time
from tests.commands import state_in
from tests.follow.simulated import HOUR, START, EndingClock, SimulatedService

SAMPLES = Path(__file__).parents[2] / "samples"
MINUTE = timedelta(minutes=1)


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- Lambda ------------------------------------------------------------------------------------------------


def test_lambda_goes_on_from_call_to_call(
    service: SimulatedService,
    clock: EndingClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = script("lambda_follow").handler
    for name, value in {"TABLE": "Orders", "BUCKET": "backups", "REPLAY_TO": str(tmp_path / "now")}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ChainError, match="--rebase"):
        handler({}, None)
    monkeypatch.setenv("REBASE", "yes")
    while clock.now() < START + 5 * HOUR:
        answer = handler({}, None)
        assert json.loads(json.dumps(answer)) == answer
        service.pass_time(15 * MINUTE)
    assert all(pause == 15 * 60 for pause in clock.slept), "it waits for nothing"
    assert answer["behind"] < 2 * 3600
    snapshot = answer["snapshot"]
    assert state_in(Path(snapshot["uri"]), ("pk",)) == service.state(parse_time(snapshot["time"]))
    logged = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert {"rebase", "requested", "verified", "snapshot", "under-way", "caught-up"} <= set(logged)


def test_the_template_gives_the_function_what_it_reads() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with moto")

    class Loader(yaml.SafeLoader):  # type: ignore[name-defined,misc] - it was imported a moment ago
        """Takes CloudFormation's short functions for what they are given."""

    Loader.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))
    template = yaml.load((SAMPLES / "lambda_follow.yaml").read_text("utf-8"), Loader)
    function = template["Resources"]["Follow"]["Properties"]
    environment = function["Environment"]["Variables"]
    source = (SAMPLES / "lambda_follow.py").read_text("utf-8")
    assert set(environment) == set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', source))
    for value in environment.values():
        assert all(name in template["Parameters"] or name.startswith("AWS::") for name in re.findall(r"{(.*?)}", value))
    statements = function["Policies"][0]["Statement"]
    actions = {
        one for each in statements for one in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    page = (SAMPLES.parent / "docs" / "follow.md").read_text("utf-8")
    assert {f"`{action}`" for action in actions if action.startswith("dynamodb:")} <= set(
        re.findall("`[a-z0-9]+:[A-Za-z]+`", page)
    )
    (schedule,) = function["Events"].values()
    assert (schedule["Type"], schedule["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(15 minutes)")
    assert function["ReservedConcurrentExecutions"] == 1
    image = (SAMPLES / template["Resources"]["Follow"]["Metadata"]["Dockerfile"]).read_text("utf-8")
    assert "COPY lambda_follow.py" in image
    assert re.findall("pip install.*", image) == ["pip install --no-cache-dir /tmp/exportkit-*.whl"], "of no index"
    assert 'CMD ["lambda_follow.handler"]' in image


# --- Airflow -----------------------------------------------------------------------------------------------


@dataclass
class Dag:
    """What stands for Airflow's DAG."""

    dag_id: str
    schedule: str
    start_date: object
    catchup: bool
    max_active_runs: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@dataclass
class Sensor:
    """What stands for its PythonSensor."""

    task_id: str
    python_callable: Any
    mode: str
    poke_interval: float
    timeout: float
    retries: int
    every: ClassVar[list["Sensor"]] = []

    def __post_init__(self) -> None:
        self.every.append(self)


@dataclass
class PokeReturnValue:
    """What stands for its answer of a sensor."""

    is_done: bool
    xcom_value: dict[str, Any] = field(default_factory=dict)


def test_the_airflow_sensor_is_done_when_nothing_is_under_way(
    service: SimulatedService, clock: EndingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, members in {
        "airflow": {},
        "airflow.sdk": {"DAG": Dag, "PokeReturnValue": PokeReturnValue},
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.sensors": {},
        "airflow.providers.standard.sensors.python": {"PythonSensor": Sensor},
    }.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    sample = script("airflow_follow")
    (sensor,) = Sensor.every
    assert sensor.mode == "reschedule"
    sample.FOLLOWED = replace(sample.FOLLOWED, table="Orders", prefix=None, replay_to=tmp_path / "now")
    answers = []
    for _ in range(4):  # hours
        while not (answer := sensor.python_callable()).is_done:
            assert answer.xcom_value["running"]
            service.pass_time(timedelta(seconds=sensor.poke_interval))
        answers.append(answer.xcom_value)
        service.pass_time(HOUR)
    assert json.loads(json.dumps(answers)) == answers
    assert answers[-1]["behind"] < 2 * 3600
    snapshot = answers[-1]["snapshot"]
    assert state_in(Path(snapshot["uri"]), ("pk",)) == service.state(parse_time(snapshot["time"]))
    assert all(pause >= 300 for pause in clock.slept), "no worker is held while exports are under way"

"""The service's end of the line."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from exportkit.store import StoreOptions, aws
from tests.service.simulated import FakeClock, Wire


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def wire(aws_environment: pytest.MonkeyPatch) -> Wire:
    """The end of all requests to DynamoDB."""
    found = Wire()
    aws_environment.setattr("exportkit.service.api.make_client", found.under(aws.make_client))
    aws_environment.setattr("time.sleep", lambda _: None)  # between the retries
    return found


@pytest.fixture
def stub(aws_environment: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """What the service answers, checked by botocore's model of it."""
    with Stubber(aws.make_client("dynamodb", StoreOptions())) as stubber:
        aws_environment.setattr("exportkit.service.api.make_client", lambda *_, **__: stubber.client)
        yield stubber
        stubber.assert_no_pending_responses()

"""A FilterSpecification as people write it: a JSON document in the API's own words."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from exportkit.errors import UsageError

__all__ = ["parse_filter"]


def parse_filter(text: str | bytes) -> Mapping[str, Any]:
    """Returns a FilterSpecification as boto3 takes it.

    Args:
        text: Its JSON, as the AWS CLI takes it: binary values are base64.

    Raises:
        UsageError: It is no JSON object, or a value is not what its type says.

    >>> parse_filter('{"ExpressionAttributeValues": {":b": {"B": "aGk="}}}')
    {'ExpressionAttributeValues': {':b': {'B': b'hi'}}}
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"the filter is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise UsageError(
            "the filter is no JSON object, such as {"
            '"FilterExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "status"}, '
            '"ExpressionAttributeValues": {":s": {"S": "open"}}}'
        )
    values = document.get("ExpressionAttributeValues")
    if not isinstance(values, dict):
        return document
    try:
        return document | {"ExpressionAttributeValues": {name: _value(value) for name, value in values.items()}}
    except RecursionError:
        raise UsageError("the filter is nested too deeply") from None
    except (AttributeError, TypeError, ValueError) as error:  # binascii.Error is a ValueError
        raise UsageError(f"a value of the filter is not what its type says: {error}") from None


def _value(value: Any) -> Any:
    """Returns a typed value with its binary ones decoded; what is wrong otherwise botocore tells."""
    if not isinstance(value, dict):
        return value
    return {tag: _inner(tag, inner) for tag, inner in value.items()}


def _inner(tag: str, inner: Any) -> Any:
    match tag:
        case "B":
            return base64.b64decode(inner, validate=True)
        case "BS":
            return [base64.b64decode(text, validate=True) for text in inner]
        case "L":
            return [_value(value) for value in inner]
        case "M":
            return {name: _value(value) for name, value in inner.items()}
        case _:
            return inner

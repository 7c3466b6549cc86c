"""What the tests of convert share: small exports of many files, and what lies in a destination."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from exportkit.model.formats import OutputFormat
from tests.making import Made, make_export

SMALL = 500
"""A target size by which small exports are cut into many tasks."""


def orders(root: Path, form: OutputFormat = OutputFormat.DYNAMODB_JSON, files: int = 12, items: int = 40) -> Made:
    """Makes an export with some variety: numbers, a list, a map, mixed types, nulls."""
    return make_export(root, form, [[order(form, file * items + n) for n in range(items)] for file in range(files)])


def order(form: OutputFormat, number: int) -> str:
    late = number % 7 == 0
    if form is OutputFormat.ION:
        extra = ',revision:"draft",late:null' if late else f",revision:{number}."
        return (
            f' $ion_1_0 {{Item:{{pk:"order-{number}",total:{number}.5,tags:["a","{number % 5}"],'
            f'where:{{city:"Köln",zip:{number}.}}{extra}}}}}'
        )
    revision = '{"S":"draft"},"late":{"NULL":true}' if late else f'{{"N":"{number}"}}'
    return (
        f'{{"Item":{{"pk":{{"S":"order-{number}"}},"total":{{"N":"{number}.5"}},'
        f'"tags":{{"L":[{{"S":"a"}},{{"S":"{number % 5}"}}]}},'
        f'"where":{{"M":{{"city":{{"S":"Köln"}},"zip":{{"N":"{number}"}}}}}},"revision":{revision}}}}}'
    )


def contents(folder: Path) -> Mapping[str, bytes]:
    """Returns every file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows(dest: Path) -> pa.Table:
    """Returns the rows of a dataset, in the order of its files."""
    return pa.concat_tables(pq.read_table(path) for path in sorted((dest / "data").iterdir()))


def dataset(dest: Path) -> Any:
    """Returns its dataset.json."""
    return orjson.loads((dest / "dataset.json").read_bytes())

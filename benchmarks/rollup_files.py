"""Answers that were never given: published days of the facts that rollups read, written by DuckDB from a seed."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from postventa.contracts import arrow_schema, contract
from postventa.datasets._manifest import Partition

LAST = date(2026, 10, 31)
RUN = "20261101T030000Z-00000000"
FAR = 2
"""Rows of a day, of any dataset, for each answer, at the most."""
_EACH = {"message_ledger": 1.25, "review_facts": 0.1, "shipment_performance": 0.5}
"""Rows for each answer."""
_AT_ONCE = 20
"""Days."""
SCORES = ("overall_experience", "order_condition", "delivery_time", "customer_care")
DELAYS = (0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 4, 6, 9, 15, 24)
"""After so many days people answer."""
_SHOP = "CASE WHEN i % 3 = 0 THEN 'islas' ELSE 'tienda' END"
_CARRIER = "['dhl', 'correos', 'seur', 'other'][1 + i % 7 % 4]"
_LANGUAGE = "['es', 'es', 'ca', 'en', 'pt'][1 + i % 5]"
_REGION = "['ES-CT', 'ES-MD', 'ES-AN', 'ES-CN', 'PT', 'FR'][1 + i % 11 % 6]"


def _score(bit: int, most: int, seldom: int) -> str:
    """High more often than low, and missing once in so many; drawn from the bits of `h` from this one on."""
    draw = f"(h >> {bit})"
    return (
        f"CASE WHEN {draw} % {seldom} > 0 THEN greatest(1 + {draw} % {most}, 1 + {draw} // 16 % {most}) END"
    )


def _id(kind: int, number: str = "i") -> str:
    """Twenty-four hexadecimal digits that nobody could compress, as pseudonyms are."""
    return f"'a0000{kind:03}' || format('{{:016x}}', hash({number}))"


_WHOSE = {"shop": _SHOP, "language": _LANGUAGE, "carrier": _CARRIER, "region": _REGION}
_FACTS: dict[str, dict[str, str]] = {
    "survey_responses": {
        **_WHOSE,
        "response_id": _id(1),
        # Request j of the day on which this customer was asked: each is answered at most once.
        "request_id": _id(4, f"i - {list(DELAYS)}[1 + n % {len(DELAYS)}] * {{step}}"),
        "order_id": _id(2),
        "customer_id": _id(7, "i // 3"),
        "survey": "'delivery'",
        "source": "'page'",
        "products": "(i % 401)::VARCHAR || CASE WHEN i % 2 = 0 THEN ' ' || (500 + i % 397) ELSE '' END",
        **{name: _score(5 * number, 5, 12) for number, name in enumerate(SCORES)},
        "nps": f"{_score(21, 11, 20)} - 1",
        "ces": _score(28, 7, 30),
        "what_was_wrong": "CASE WHEN i % 37 = 0 THEN 'damaged' END",
        "has_comment": "i % 4 = 0",
        "hours_to_answer": "round((h >> 33) % 60000 / 100, 2)",
        "hours_since_delivery": "round((h >> 33) % 90000 / 100, 2)",
        "is_before_delivery": "false",
        "is_late": "false",
        "is_corrected": "false",
        "revision": "1",
        "is_counted": "i % 200 > 0",
    },
    "message_ledger": {
        "shop": _SHOP,
        "language": _LANGUAGE,
        "carrier": _CARRIER,
        "request_id": _id(4),
        "message": "'review_request'",
        "message_class": "'relationship'",
        "audience": "'customer'",
        "channel": "'email'",
        "outcome": "CASE WHEN i % 50 > 0 THEN 'sent' ELSE 'suppressed' END",
        "reason": "CASE WHEN i % 50 > 0 THEN '' ELSE 'opted_out' END",
        "attempts": "1",
    },
    "review_facts": {
        "shop": _SHOP,
        "review_id": _id(5),
        "product": "(i % 401)::VARCHAR",
        "rating": _score(3, 5, 1_000_000_000),
        "is_verified": "i % 3 = 0",
        "is_counted": "i % 50 > 0",
    },
    "shipment_performance": {
        **{name: _WHOSE[name] for name in ("shop", "carrier", "region")},
        "parcel_id": _id(6),
        "order_id": _id(2),
        "status": "'delivered'",
        "is_on_time": "i % 9 > 0",
        "has_incident": "i % 30 = 0",
        "first_attempt_on": "day + 2",
        "delivered_on": "day + 2 + (i % 10 = 0)::INTEGER",
        "attempts": "1 + (i % 10 = 0)::INTEGER",
        "transit_hours": "round(20 + (h >> 33) % 9000 / 100, 2)",
    },
}
"""An expression for each column that is read or checked; the others are empty. `i` numbers rows over all days."""


def write(folder: Path, responses: int, days: int) -> dict[str, dict[date, Partition]]:
    """Writes the published days of each dataset in the layout that nights leave behind; answers its partitions."""
    daily, first = responses // days, LAST - timedelta(days=days - 1)
    made: dict[str, dict[date, Partition]] = {name: {} for name in _FACTS}
    with duckdb.connect() as duck:
        for name in _FACTS:
            rows, schema = int(daily * _EACH.get(name, 1)), arrow_schema(contract(name))
            columns = ", ".join(_column(field, name, daily) for field in schema)
            for start in range(0, days, _AT_ONCE):
                numbers = range(start, min(days, start + _AT_ONCE))
                # Days are far apart in their numbers, so that no two of them share any.
                drawn = f"range({start}, {numbers.stop}) AS days(d), range({rows}) AS numbers(n)"
                inner = f"SELECT DATE '{first}' + d::INTEGER AS day, d * {daily * FAR} + n AS i, n, hash(i) AS h FROM {drawn}"
                table = duck.execute(f"SELECT {columns} FROM ({inner}) ORDER BY i").to_arrow_table()
                for number in numbers:
                    day = first + timedelta(days=number)
                    slice_ = table.slice((number - start) * rows, rows).cast(schema)
                    made[name][day] = _written(folder, name, day, slice_)
    return made


def _written(folder: Path, name: str, day: date, rows: pa.Table) -> Partition:
    file = f"{name}/v1/history/{RUN}/day={day}/{name}.parquet"
    path = folder / file
    path.parent.mkdir(parents=True)
    pq.write_table(rows, path, compression="zstd", version="2.6")
    return Partition(rows=rows.num_rows, file=file, sha256="-", size=path.stat().st_size)


def _column(field: Any, name: str, daily: int) -> str:
    said = (
        "day"
        if field.name == "day"
        else _FACTS[name].get(field.name, "NULL").replace("{step}", str(daily * FAR))
    )
    return f"CAST({said} AS {_sql_type(field.type)}) AS {field.name}"


def _sql_type(kind: pa.DataType) -> str:
    names = {
        "string": "VARCHAR",
        "double": "DOUBLE",
        "bool": "BOOLEAN",
        "date32[day]": "DATE",
        "int64": "BIGINT",
    }
    return names[str(kind)]

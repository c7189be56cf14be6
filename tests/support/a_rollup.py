"""A dataset built at once of the facts that DuckDB is shown, its sums added up for that alone."""

from typing import Any

import pyarrow as pa

from postventa.contracts import conform, contract
from postventa.datasets import builder
from postventa.datasets._night import Span
from postventa.datasets._sums import add_up, view_of


def built_at_once(night: Any, name: str, span: Span) -> pa.Table:
    """The rows of these days, as the contract says them."""
    one = builder(name)
    if one.sums:
        night.duck.register(view_of(one), add_up(night, one, span))
    return conform(one.build(night, span), contract(name))

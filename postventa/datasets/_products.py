"""What was bought: the products of an order as one list, for rollups that must not reach into the store."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Select, select

from postventa.datasets._night import Night
from postventa.datasets._reading import read
from postventa.store.orders import LineRow

_LINES: Any = LineRow.__table__.c


def products_of(night: Night, order_ids: "pd.Series[Any]", among: Select[Any]) -> "pd.Series[Any]":
    """The products of each order, each once and sorted, with blanks between; missing where there is no order.

    `among` selects the orders that matter: their lines are asked for at once.
    """
    wanted = select(_LINES.order_id, _LINES.product_ref).where(
        _LINES.order_id.in_(among), _LINES.product_ref != ""
    )
    bought = read(night, wanted.distinct()).sort_values(["order_id", "product_ref"])
    # By Arrow, which joins lists without a function call for each order.
    lists = pa.Table.from_pandas(bought, preserve_index=False).group_by("order_id", use_threads=False)
    joined = lists.aggregate([("product_ref", "list")])
    words: Any = pc.binary_join(joined["product_ref_list"].cast(pa.list_(pa.string())), " ")
    by_order = pd.Series(words.to_pandas(), dtype="str").set_axis(joined["order_id"].to_pandas())
    return order_ids.map(by_order).astype("str")

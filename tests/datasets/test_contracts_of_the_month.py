"""Great Expectations looks at every dataset of the seeded month as it does at night: by each dataset's own contract."""

import pandas as pd
import pyarrow as pa
import pytest

from postventa.contracts import contract, contract_names, validate

pytestmark = pytest.mark.xdist_group("great-expectations")  # its import takes seconds: once is enough


@pytest.mark.large
def test_every_dataset_of_the_seeded_month_keeps_its_contract_for_great_expectations_too(month_tables):
    for name in contract_names():
        promised, rows = contract(name), month_tables[name].slice(0, 300)
        found = validate(rows.to_pandas(types_mapper=pd.ArrowDtype), promised)
        assert [one.rule for one in found] == [one.id for one in promised.rules]
        assert (name, [one.rule for one in found if one.blocks]) == (name, [])


def test_a_spoiled_dataset_fails_for_great_expectations_by_the_same_names(month_tables):
    rows = month_tables["net_sales"].slice(0, 20)
    spoiled = pa.concat_tables([rows, rows]).to_pandas(types_mapper=pd.ArrowDtype)
    spoiled.loc[0, "currency"] = None
    failed = {one.rule for one in validate(spoiled, contract("net_sales")) if one.blocks}
    assert failed == {"key_unique", "currency_required"}

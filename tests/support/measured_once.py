"""What is measured: each test where it runs first, and not again on the other database or with other values.

Tracing doubles what a test costs, and the second time it sees the same lines. The figure is a lower bound: what is
reached only with other values counts as not reached. Doors and rules, whose values choose the file, are measured whole;
kills and Prefect's own rounds not at all, because most of what they do happens in processes of their own.
"""

import pytest

MEASURED_WHOLE = {"rules", "connectors"}
NOT_MEASURED = {"hard", "flows"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: set[tuple[str, ...]] = set()
    for item in items:
        if MEASURED_WHOLE.isdisjoint(item.path.parts):
            function = (str(item.path), getattr(item, "originalname", item.name))
            if function in seen or not NOT_MEASURED.isdisjoint(item.path.parts):
                item.add_marker(pytest.mark.no_cover)
            seen.add(function)

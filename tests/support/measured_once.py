"""What is measured: each test where it runs first, and not again on the other database or with other values.

Tracing doubles what a test costs, and the second time it sees the same lines. The figure is a lower bound: what is
reached only with other values counts as not reached. Doors and rules, whose values choose the file, are measured whole.
"""

import pytest

MEASURED_WHOLE = {"rules", "connectors"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: set[tuple[str, ...]] = set()
    for item in items:
        if MEASURED_WHOLE.isdisjoint(item.path.parts):
            function = (str(item.path), getattr(item, "originalname", item.name))
            if function in seen:
                item.add_marker(pytest.mark.no_cover)
            seen.add(function)

"""What is measured: everything of ours as it is imported, and each test where it runs first.

Tracing doubles what a test costs, and the second time, on the other database or with other values, it sees the same
lines. The figure is a lower bound: what is reached only with other values counts as not reached. Doors and rules, whose
values choose the file, are measured whole; kills and Prefect's own rounds not at all, because most of what they do happens
in processes of their own, nor properties, because most of what they do is to think of values.

Coverage is told so itself: in a worker of pytest-xdist two of its instances look on, one below the other, and the plugin's
`no_cover` pauses but one.
"""

import pkgutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import is_hypothesis_test
from unseen_libraries import leave_alone

OURS = ("postventa", "tasks", "flows")
LIBRARIES = ("fastapi", "pandas", "prefect.artifacts", "prefect.flow_runs", "prefect.task_engine")
"""What takes long to import; nothing of ours happens meanwhile."""
MEASURED_WHOLE = {"rules", "connectors"}
NOT_MEASURED = {"hard", "flows"}
IS_MEASURED = pytest.StashKey[bool]()

_coverage: list[Coverage] = []


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, Any, Any]:
    runs_tests = hasattr(session.config, "workerinput") or session.config.getoption("dist", "no") == "no"
    looking = Coverage.current()
    while (below := Coverage.current()) is not None:
        below.stop()
    if looking is not None and runs_tests:
        for library in LIBRARIES:
            import_module(library)
        leave_alone()
        looking.start()
        for name in OURS:
            _import_all(import_module(name))
        looking.stop()
        _coverage.append(looking)
    return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: set[tuple[str, str]] = set()
    for item in items:
        function = (str(item.path), getattr(item, "originalname", item.name))
        is_wanted = function not in seen or not MEASURED_WHOLE.isdisjoint(item.path.parts)
        is_elsewhere = not NOT_MEASURED.isdisjoint(item.path.parts)
        item.stash[IS_MEASURED] = is_wanted and not is_elsewhere and not is_hypothesis_test(_test_of(item))
        seen.add(function)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    with _looking_on(if_so=not MEASURED_WHOLE.isdisjoint(collector.path.parts)):  # their tables are made here
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    with _looking_on(if_so=item.stash.get(IS_MEASURED, True)):
        return (yield)


@contextmanager
def _looking_on(*, if_so: bool) -> Iterator[None]:
    looking = list(_coverage) if if_so else []
    for one in looking:
        one.start()
    try:
        yield
    finally:
        for one in looking:
            one.stop()


def _test_of(item: pytest.Item) -> Any:
    return item.obj if isinstance(item, pytest.Function) else None


def _import_all(package: ModuleType) -> None:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            import_module(found.name)

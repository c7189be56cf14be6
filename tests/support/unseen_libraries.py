"""Libraries at work are not looked at: nothing of ours happens in there, and tracing doubles what they cost."""

import copy
import sys
import tomllib
from collections.abc import Callable
from email.parser import BytesParser
from functools import wraps
from typing import Any

import alembic.command
import jinja2
import requests
from sqlalchemy import Connection, Engine, MetaData

AT_WORK: tuple[tuple[Any, str], ...] = (
    (Connection, "execute"),
    (Connection, "exec_driver_sql"),
    (Connection, "commit"),
    (Engine, "connect"),
    (MetaData, "create_all"),
    (alembic.command, "upgrade"),
    (alembic.command, "downgrade"),
    (copy, "deepcopy"),
    (BytesParser, "parsebytes"),
    (jinja2.Environment, "compile"),
    (requests.Session, "send"),
    (tomllib, "loads"),
)


def leave_alone() -> None:
    """From now on a tracer pauses while one of them is at work, in the thread that asked for it."""
    for holder, name in AT_WORK:
        setattr(holder, name, _unseen(getattr(holder, name)))


def _unseen(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def call(*args: Any, **more: Any) -> Any:
        tracer = sys.gettrace()
        if tracer is None:
            return work(*args, **more)
        sys.settrace(None)
        try:
            return work(*args, **more)
        finally:
            sys.settrace(tracer)

    return call

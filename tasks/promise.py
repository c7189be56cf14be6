"""How a task is made: retried where trying again helps, never cached, its result kept by nobody but its flow."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from sqlalchemy.exc import OperationalError

from postventa.connectors.http import ConnectorError

P = ParamSpec("P")
R = TypeVar("R")

RETRY_AFTER_SECONDS = (2.0, 10.0, 30.0)


def promise(run_name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Makes a function a Prefect task whose runs are called `run_name`, filled in with its parameters."""
    return task(
        task_run_name=run_name,
        retries=len(RETRY_AFTER_SECONDS),
        retry_delay_seconds=list(RETRY_AFTER_SECONDS),
        retry_jitter_factor=0.3,
        retry_condition_fn=_worth_another_try,
        cache_policy=NO_CACHE,
        persist_result=False,
    )


def is_temporary(error: BaseException | None) -> bool:
    """A shop that is out of reach or busy, or a store that is locked, may answer in a minute; a wrong key will not."""
    if isinstance(error, ConnectorError):
        return error.temporary
    return isinstance(error, OperationalError)


def _worth_another_try(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    error = state.data if isinstance(state.data, BaseException) else _raised(state)
    return is_temporary(error)


def _raised(state: State[Any]) -> BaseException | None:
    """Prefect keeps the exception in a wrapper; the state's own method unwraps it by raising."""
    try:
        state.result(raise_on_failure=True)
    except Exception as error:  # noqa: BLE001 - it is being judged, not handled
        return error
    return None

"""Marks in PostgreSQL: prepared once, and a mark that nobody decides upon is not waited for.

Psycopg's own cursors wait for every answer. Its documented wrapper of libpq does not: while the server writes down
that a mail was accepted, the next mail is put into words.
"""

from collections.abc import Mapping
from datetime import datetime
from string import Formatter
from typing import Any

from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus

_TYPES = {"id": "bigint", "until": "timestamptz", "settled_at": "timestamptz"}
# Said with `=`, PostgreSQL may look by the sender, whose claims are hundreds of rows, instead of the id.
_IS_OURS = "sender IS NOT DISTINCT FROM {sender}"


class OwnPen:
    """Writes marks through one connection of the driver."""

    def __init__(self, driver: Any, statements: Mapping[str, str]) -> None:
        driver.rollback()
        driver.autocommit = True
        driver.execute("SET synchronous_commit = off")
        self._driver = driver
        self._libpq = driver.pgconn
        self._names: dict[str, list[str]] = {}
        self._is_waited_for = False
        for name, words in statements.items():
            sentence = words.replace("{is_ours}", _IS_OURS)
            names = list(dict.fromkeys(field for _, field, _, _ in Formatter().parse(sentence) if field))
            places = {
                field: f"${number}::{_TYPES.get(field, 'text')}" for number, field in enumerate(names, 1)
            }
            self._names[name] = names
            self._heard(self._libpq.prepare(_called(name), sentence.format(**places).encode()))

    def write(self, statement: str, **values: Any) -> int:
        """What `marks.Pen` says."""
        self.wait()
        answer = self._libpq.exec_prepared(_called(statement), self._in_order(statement, values))
        return self._heard(answer)

    def jot(self, statement: str, **values: Any) -> None:
        """What `marks.Pen` says."""
        self.wait()
        self._libpq.send_query_prepared(_called(statement), self._in_order(statement, values))
        self._is_waited_for = True

    def wait(self) -> None:
        """Waits for what was jotted."""
        if not self._is_waited_for:
            return
        self._is_waited_for = False
        answer = last = self._libpq.get_result()
        while last is not None:
            answer, last = last, self._libpq.get_result()
        self._heard(answer)

    def put_down(self) -> None:
        """Gives the connection back as it was."""
        self.wait()
        forgotten = "".join(f"DEALLOCATE {_called(name).decode()};" for name in self._names)
        self._driver.execute(f"{forgotten} SET synchronous_commit = on")
        self._driver.autocommit = False

    def _in_order(self, statement: str, values: Mapping[str, Any]) -> list[bytes | None]:
        return [_written(values[name]) for name in self._names[statement]]

    def _heard(self, answer: Any) -> int:
        if answer is None or self._libpq.status != ConnStatus.OK:
            raise errors.OperationalError("the connection to PostgreSQL was lost")
        if answer.status != ExecStatus.COMMAND_OK:
            raise errors.error_from_result(answer)
        return int(answer.command_tuples or 0)


def _called(statement: str) -> bytes:
    return b"postventa_mark_" + statement.encode()


def _written(value: Any) -> bytes | None:
    if value is None:
        return None
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()

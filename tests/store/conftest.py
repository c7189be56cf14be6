"""Rows to begin with: orders of one customer, with the messages they owe."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest
from an_empty_store import empty
from some_orders import MONDAY, ORDER
from sqlalchemy import Engine, select, update

from postventa.rules.messages import Outcome
from postventa.store.database import create_tables, open_store
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, OrderRow
from postventa.store.senders import new_sender


@pytest.fixture(scope="session")
def shelf(postgres: object) -> Iterator[dict[str, Engine]]:
    """The stores that these tests share; each test leaves them empty."""
    engines: dict[str, Engine] = {}
    yield engines
    for engine in engines.values():
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, shelf: dict[str, Engine], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An empty store with its tables, on each database."""
    if request.param not in shelf:
        is_sqlite = request.param == "sqlite"
        path = tmp_path_factory.mktemp("shelf") / "postventa.db"
        url = f"sqlite:///{path}" if is_sqlite else request.getfixturevalue("postgres").database()
        shelf[request.param] = open_store(url)
        create_tables(shelf[request.param])
    engine = shelf[request.param]
    yield engine
    empty(engine)


@pytest.fixture
def owing(store: Engine) -> Callable[..., list[int]]:
    """`owing(orders=2, messages=("received", "paid"))` stores orders that owe these messages; answers their ids."""

    def fill(
        orders: int = 1, messages: Sequence[str] = ("received",), due_at: datetime = MONDAY, **facts
    ) -> list[int]:
        customer = CustomerRow.__table__
        person = {
            "shop": "tienda",
            "identity": "ana@correo.example",
            "ref": None,
            "email": "ana@correo.example",
            "name": "Ana",
            "phone": "",
            "einvoice_consent_at": None,
            "hard_bounced_at": None,
        }
        with store.begin() as connection:
            known = connection.execute(select(CustomerRow.id)).scalars().first()
            if known is None:
                known = connection.execute(customer.insert().returning(customer.c.id), person).scalar_one()
            taken = len(connection.execute(select(OrderRow.id)).all())
            rows = [
                {**ORDER, **facts, "ref": str(n), "number": f"N{n}", "customer_id": known}
                for n in range(taken + 1, taken + orders + 1)
            ]
            connection.execute(OrderRow.__table__.insert(), rows)
            refs = [row["ref"] for row in rows]
            found = dict(
                connection.execute(select(OrderRow.ref, OrderRow.id).where(OrderRow.ref.in_(refs))).all()
            )
            ids = [found[ref] for ref in refs]
            owed = [
                {
                    "key": f"tienda:{ref}:-:{message}:once",
                    "order_id": found[ref],
                    "shipment_id": None,
                    "message": message,
                    "occasion": "once",
                    "happened_at": MONDAY,
                    "owed_at": MONDAY,
                    "due_at": due_at,
                    "outcome": Outcome.WAITING,
                    "reason": "",
                    "words": "",
                    "attempts": 0,
                }
                for ref in refs
                for message in messages
            ]
            if owed:
                connection.execute(OutboxRow.__table__.insert(), owed)
        return ids

    return fill


@pytest.fixture
def box(store: Engine) -> Callable[..., list]:
    """`box()` reads the outbox; `box(order_id, "paid", outcome="sent")` changes a message first."""

    def read(order_id: int | None = None, message: str = "", **values) -> list:
        table = OutboxRow.__table__
        with store.begin() as connection:
            if values:
                wanted = update(table).where(table.c.order_id == order_id, table.c.message == message)
                connection.execute(wanted.values(**values))
            return connection.execute(table.select().order_by(table.c.id)).all()

    return read


@pytest.fixture
def a_dead_sender() -> str:
    """The name of a sender on this machine whose process is certainly no more."""
    with subprocess.Popen(["true"]) as gone:
        pass
    machine, _, token = new_sender().rsplit(":", 2)
    return f"{machine}:{gone.pid}:{token}"

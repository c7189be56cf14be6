"""The rows of a seeded month, by table, and whom they are about."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from postventa.store.base import Base

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ZONES = {"tienda": "Europe/Madrid", "islas": "Atlantic/Canary"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class AMonth:
    """What was seeded: the rows by table, and whom they are about."""

    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    names: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """What customers wrote themselves."""
    references: list[str] = field(default_factory=list)
    """Numbers by which a shop, a carrier or a customer finds something: orders, parcels, cases."""

    @property
    def never_published(self) -> list[str]:
        """Every text that must not be in any published byte."""
        said = [*self.names, *self.mails, *self.phones, *self.addresses, *self.words, *self.references]
        return sorted(set(said))

    def add(self, table: type[Base], **values: Any) -> int:
        """A row with the next id of its table."""
        rows = self.rows[table]
        rows.append({"id": len(rows) + 1} | values if "id" in table.__table__.c else values)
        return len(rows)

    def save(self, store: Engine) -> None:
        with store.begin() as connection:
            for table in Base.metadata.sorted_tables:
                for model, rows in self.rows.items():
                    if model.__table__ is table:
                        connection.execute(table.insert(), rows)
            if (
                store.dialect.name == "postgresql"
            ):  # rows with ids of their own do not count for its sequences
                for model, rows in self.rows.items():
                    name = model.__tablename__
                    if "id" in model.__table__.c:
                        connection.exec_driver_sql(
                            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {len(rows)})"
                        )

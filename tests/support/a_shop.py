"""What a shop of any platform can be told by a test, and where the shops are found.

A platform takes part in the shared questions by a folder `tests/connectors/every_shop/<platform>/` whose `a_shop.py`
holds a class `AShop` as described here. It turns the plain words of a test into what its platform would answer.
"""

import importlib.util
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

PLATFORMS = Path(__file__).parents[1] / "connectors" / "every_shop"
PLACED = datetime(2026, 11, 2, 7, tzinfo=UTC)
TRACKING = "JD014600003"


@dataclass(frozen=True, slots=True)
class Sale:
    """Two cups at 10.00 and delivery at 4.00, with 21 % of tax: 29.04; less the discount, with its tax."""

    placed_at: datetime = PLACED
    language: str = "ca"
    """The customer's; `es` is the shop's."""
    email: str = "Nuria.Soler@client.example"
    first_name: str = "Núria"
    last_name: str = "Soler"
    street: str = "Carrer Nou 1"
    postcode: str = "17001"
    city: str = "Girona"
    country: str = "ES"
    sku: str = "TASSA-1"
    product: str = "Tassa blanca"
    coupon: str = ""
    """Its code; then 2.00 net of tax are taken off."""

    @property
    def total(self) -> Decimal:
        return Decimal("26.62") if self.coupon else Decimal("29.04")

    @property
    def tax(self) -> Decimal:
        return Decimal("4.62") if self.coupon else Decimal("5.04")


@dataclass(frozen=True, slots=True)
class Sold:
    """How the shop calls a sale: its own id, and the number that the customer sees."""

    ref: str
    number: str


class AShop(Protocol):
    """A shop on loopback (or in `folder`), open while it is entered. Nothing has been sold when it opens.

    Each happening moves the order's stamp to `at`, but for what the platform is known to leave where it was.
    """

    section: dict[str, Any]
    """Its `[shops.NAME]`, without backfill_since and requests_per_second; known once it is open."""
    environment: dict[str, str]
    """The secrets, by the names of their variables."""
    cannot: ClassVar[dict[str, str]]
    """What the platform has no notion of, by the name of the method below, each with the reason: not asked."""

    def __init__(self, folder: Path) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None: ...

    def sell(self, sale: Sale) -> Sold:
        """An order is placed, to be paid later. The first is given the platform's first number, in each shop."""
        ...

    def pay(self, ref: str, at: datetime) -> None: ...

    def ship(self, ref: str, at: datetime, number: str) -> None:
        """All of it leaves, in one parcel; the carrier is called `DHL`."""
        ...

    def cancel(self, ref: str, at: datetime) -> None: ...

    def refund(self, ref: str, at: datetime) -> None:
        """One of the two cups is given back to be refunded: 12.10."""
        ...

    def confuse(self, ref: str, at: datetime) -> None:
        """The order's state becomes `en-taller`, or whatever nobody has explained."""
        ...

    def spoil(self, ref: str, at: datetime) -> None:
        """The order's total is gone."""
        ...

    def lock(self) -> None:
        """From now on the key is not accepted."""
        ...

    def heard(self) -> bytes:
        """Everything that it was asked, to the last byte."""
        ...


def platforms() -> list[str]:
    """The platforms that take part."""
    return sorted(path.parent.name for path in PLATFORMS.glob("*/a_shop.py"))


def kind_of_shop(platform: str) -> type[AShop]:
    """The class of this platform's shops."""
    path = PLATFORMS / platform / "a_shop.py"
    spec = importlib.util.spec_from_file_location(f"every_shop_{platform}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind: type[AShop] = module.AShop
    return kind

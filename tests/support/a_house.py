"""A house without a store: what would be kept of one order, and a sender that asks the rules as the real one does."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from postventa.chain import Course, advance
from postventa.news import ScanNews, TrackingNews
from postventa.rules.happenings import ALL_LEFT, Known, Said, happenings
from postventa.rules.messages import Outcome, Owed, Standing, may_contact
from postventa.rules.orders import CHAIN, LEGAL, FulfilmentState, OrderState, PaymentState, Stage
from postventa.rules.shipments import ShipmentStatus
from postventa.tracking import change_by

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Parcel(NamedTuple):
    """A parcel's row."""

    tracking_number: str
    last_news_at: datetime
    id: int = 1
    status: str = ShipmentStatus.PENDING
    raw_code: str = ""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    first_estimated_at: datetime | None = None
    estimated_at: datetime | None = None
    guessed_at: datetime | None = None
    pickup_point: str = ""
    tracking_url: str = ""


class Shop(NamedTuple):
    """What the shop says next."""

    sale: OrderState
    payment: PaymentState
    goods: FulfilmentState
    numbers: frozenset[str]


class Scan(NamedTuple):
    """What the carrier says next of a parcel, `late` hours after it happened."""

    number: str
    status: ShipmentStatus
    late: int


class Sender(NamedTuple):
    """The senders run."""


@dataclass
class House:
    """What the store would keep of one order, and a sender that asks the rules as the real one does."""

    known: Known = field(default_factory=Known)
    now: datetime = START
    parcels: dict[str, Parcel] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    box: dict[str, tuple] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str | None]] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=lambda: [Stage.NEW])
    happened: set[str] = field(default_factory=set)

    def live(self, happening: Shop | Scan | Sender) -> None:
        self.now += HOUR
        if isinstance(happening, Shop):
            self.hear_shop(happening)
        elif isinstance(happening, Scan):
            self.hear_carrier(happening)
        else:
            self.send()

    def hear_shop(self, shop: Shop) -> None:
        said = Said(
            shop.sale,
            shop.payment,
            shop.goods,
            needs_shipping=True,
            placed_at=START,
            paid_at=None,
            at=self.now,
            parcels=dict.fromkeys(sorted(shop.numbers)),
        )
        course = advance(self.known.stage, happenings(self.known, said), backfill_since=START)
        for number in shop.numbers - set(self.parcels):
            self.parcels[number] = Parcel(number, self.now)
        for line in course.logged:
            if line.event == "parcel_shipped":
                parcel = self.parcels[line.parcel]
                self.parcels[line.parcel] = parcel._replace(shipped_at=parcel.shipped_at or line.happened_at)
        self.know(
            course,
            payment_state=shop.payment,
            is_held=shop.goods in {FulfilmentState.ON_HOLD, FulfilmentState.BACKORDERED},
            is_all_shipped=self.known.is_all_shipped or shop.goods in ALL_LEFT,
        )

    def hear_carrier(self, scan: Scan) -> None:
        parcel = self.parcels.get(scan.number)
        if parcel is None:
            return
        at = self.now - scan.late * HOUR
        heard = ScanNews(scan.status, scan.status, "", at, True, "")
        news = TrackingNews(scan.number, scan.status, scan.status, "", at, None, "", "", (heard,), "1")
        seen = self.seen.setdefault(scan.number, set())
        change = change_by(news, parcel, self.known, seen, backfill_since=START, now=self.now)
        seen |= {row["fingerprint"] for row in change.scans}
        self.parcels[scan.number] = Parcel(**{key: change.shipment[key] for key in Parcel._fields})
        self.know(change.course)

    def know(self, course: Course, **facts) -> None:
        facts = {
            "payment_state": self.known.payment_state,
            "is_held": self.known.is_held,
            "is_all_shipped": self.known.is_all_shipped,
            **facts,
        }
        came = course.happened("all_delivered") is not None
        self.known = Known(
            stage=course.stage,
            parcels={number: parcel.status for number, parcel in self.parcels.items()},
            left=frozenset(number for number, parcel in self.parcels.items() if parcel.shipped_at),
            was_delivered=self.known.was_delivered or came,
            **facts,
        )
        self.stages.append(course.stage)
        self.happened |= {line.event for line in course.logged}
        for owe in course.owed:
            if self.box.setdefault(owe.key("t", "1"), owe) is owe:
                self.outcomes[owe.key("t", "1")] = owe.outcome

    def send(self) -> None:
        for key, owe in self.box.items():
            if self.outcomes[key] not in {Outcome.WAITING, Outcome.DEFERRED}:
                continue
            verdict = may_contact(self.owed(owe), self.standing(), self.now)
            self.outcomes[key] = verdict.outcome or Outcome.SENT
            if verdict.may_go:
                self.told.append((owe.message, owe.parcel))
            if verdict.until:
                return

    def owed(self, owe) -> Owed:
        step = Stage(owe.message) if owe.message in CHAIN else None
        about = owe.occasion.partition(":")[0] if ":" in owe.occasion else ""
        days = timedelta(days=30)
        return Owed(owe.message, step, step in LEGAL, step in LEGAL, owe.parcel, about, owe.happened_at, days)

    def standing(self) -> Standing:
        return Standing(
            stage=self.known.stage,
            is_held=self.known.is_held,
            is_reconciled=True,
            has_address=True,
            has_bounced=False,
            told=frozenset(self.told),
            arrived=frozenset(n for n, p in self.parcels.items() if p.status == ShipmentStatus.DELIVERED),
            on_the_way=self.known.left,
            statuses={number: parcel.status for number, parcel in self.parcels.items()},
        )

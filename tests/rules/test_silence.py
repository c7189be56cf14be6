"""What an order can be silent about, since when, and from how many working days on somebody is told."""

from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.orders import Stage
from postventa.rules.shipments import ShipmentStatus as Is
from postventa.rules.silence import Limits, Parcel, Quiet, Silence, Waiting, quiet, silences

PAID = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
LEFT = PAID + DAY
LIMITS = Limits(3, 2, 4, 10, {"PT": 6})


def parcel(status: Is, *, followed: bool = True, shipped: datetime | None = LEFT) -> Parcel:
    return Parcel(7, status, followed, shipped, LEFT + DAY)


def order(stage: Stage = Stage.SHIPPED, *parcels: Parcel, held: bool = False, goods: bool = True) -> Waiting:
    return Waiting(stage, held, goods, PAID, LEFT if stage is Stage.SHIPPED else None, parcels)


@pytest.mark.parametrize(
    ("waiting", "about"),
    [
        (order(Stage.PAID), Quiet(Silence.NO_LABEL, PAID)),
        (order(Stage.PAID, parcel(Is.CANCELLED)), Quiet(Silence.NO_LABEL, PAID)),
        (
            order(Stage.READY_TO_SHIP, parcel(Is.PENDING, shipped=None)),
            Quiet(Silence.NOT_HANDED_OVER, LEFT + DAY, 7),
        ),
        (order(Stage.SHIPPED, parcel(Is.INFO_RECEIVED)), Quiet(Silence.NOT_HANDED_OVER, LEFT, 7)),
        (order(Stage.SHIPPED, parcel(Is.IN_TRANSIT)), Quiet(Silence.NO_SCAN, LEFT + DAY, 7)),
        (order(Stage.SHIPPED, parcel(Is.DELIVERY_FAILED)), Quiet(Silence.NO_SCAN, LEFT + DAY, 7)),
        (order(Stage.SHIPPED), Quiet(Silence.NO_NEWS, LEFT)),
        (order(Stage.SHIPPED, parcel(Is.PENDING, followed=False)), Quiet(Silence.NO_NEWS, LEFT)),
    ],
)
def test_an_order_is_silent_about_one_thing(waiting, about):
    assert list(quiet(waiting)) == [about]


@pytest.mark.parametrize(
    "waiting",
    [
        order(Stage.PAID, held=True),
        order(Stage.PAID, goods=False),
        order(Stage.RECEIVED),
        order(Stage.DELIVERED, parcel(Is.DELIVERED)),
        order(Stage.SHIPPED, parcel(Is.READY_FOR_PICKUP)),
        order(Stage.SHIPPED, parcel(Is.RETURN_TO_SENDER)),
    ],
    ids=["held", "nothing to send", "not paid", "arrived", "at the pickup point", "on its way back"],
)
def test_nothing_is_missing_where_the_next_word_is_not_the_carriers(waiting):
    assert list(quiet(waiting)) == []


def test_a_silence_is_told_from_its_limit_on_and_new_on_that_day():
    found = {days: silences(order(Stage.PAID), LIMITS, "ES", lambda _, n=days: n) for days in (2, 3, 4)}
    assert found[2] == []
    assert [(one.days, one.limit, one.is_new) for one in (*found[3], *found[4])] == [
        (3, 3, True),
        (4, 3, False),
    ]


def test_a_limit_may_depend_on_the_country_and_nought_is_never():
    moving = order(Stage.SHIPPED, parcel(Is.IN_TRANSIT))
    assert silences(moving, LIMITS, "ES", lambda _: 5)
    assert not silences(moving, LIMITS, "PT", lambda _: 5)
    assert not silences(moving, Limits(0, 0, 0, 0), "ES", lambda _: 50)

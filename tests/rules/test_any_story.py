"""Whatever a shop and a carrier say, in whatever order: what must hold of every story."""

from collections import Counter
from itertools import pairwise

from a_house import HOUR, House, Scan, Sender, Shop
from hypothesis import given
from hypothesis import strategies as st

from postventa.rules.messages import Outcome
from postventa.rules.orders import CHAIN, STOPPED, FulfilmentState, OrderState, PaymentState, Stage, rank
from postventa.rules.shipments import ShipmentStatus

NUMBERS = ("A1", "B2")
GOODS = ["unfulfilled", "on_hold", "in_preparation", "ready_to_ship", "partially_shipped", "shipped"]
shops = st.builds(
    Shop,
    st.sampled_from([OrderState.OPEN] * 6 + [OrderState.COMPLETED, OrderState.CANCELLED]),
    st.sampled_from(
        [PaymentState.PENDING, *[PaymentState.PAID] * 5, PaymentState.FAILED, PaymentState.REFUNDED]
    ),
    st.sampled_from([FulfilmentState(state) for state in [*GOODS, "partially_delivered", "delivered"]]),
    st.frozensets(st.sampled_from(NUMBERS)),
)
scans = st.builds(Scan, st.sampled_from(NUMBERS), st.sampled_from(list(ShipmentStatus)), st.integers(0, 3))
stories = st.lists(st.one_of(shops, scans, st.just(Sender())), min_size=1, max_size=14)


def lived(story) -> House:
    house = House()
    for happening in story:
        house.live(happening)
    house.live(Sender())
    return house


@given(stories)
def test_an_order_goes_back_only_by_a_stop_a_reopening_or_a_further_parcel(story):
    stages = lived(story).stages
    back = {
        (before, after)
        for before, after in pairwise(stages)
        if rank(after) < rank(before) and before not in STOPPED
    }
    assert back <= {(Stage.DELIVERED, Stage.SHIPPED)}


@given(stories)
def test_an_order_is_never_told_a_lower_step_after_a_higher_one(story):
    told = lived(story).told
    for later, (message, parcel) in enumerate(told):
        before = told[:later]
        if message in {"in_preparation", "ready_to_ship"}:
            assert not {"shipped", "delivered"} & {one for one, _ in before}
        if message == "in_preparation":
            assert ("ready_to_ship", None) not in before
        if message == "shipped" and parcel is None:
            assert "delivered" not in {one for one, _ in before}
        if message == "shipped" and parcel is not None:
            assert ("delivered", parcel) not in before


@given(stories)
def test_nobody_is_told_twice_that_the_same_thing_left_or_arrived(story):
    told = lived(story).told
    assert max(Counter(one for one in told if one[0] in CHAIN).values(), default=1) == 1
    untracked = ("shipped", None) in told
    assert not (untracked and any(message == "shipped" and parcel for message, parcel in told))


@given(stories)
def test_the_same_story_twice_owes_the_same_messages(story):
    once, twice = House(), House()
    for happening in story:
        once.live(happening)
        twice.live(happening)
        if not isinstance(happening, Sender):
            twice.now -= HOUR
            twice.live(happening)
    assert set(once.box) == set(twice.box)
    assert once.known.stage is twice.known.stage


@given(stories)
def test_the_order_and_its_payment_are_told_to_everybody_whose_order_lives(story):
    house = lived(story)
    if house.known.stage in STOPPED or not {"order_placed", "reopened"} & house.happened:
        return
    told = {message for message, _ in house.told}
    kept_back = {house.box[key].message for key, out in house.outcomes.items() if out == Outcome.SUPPRESSED}
    assert "received" in told | kept_back
    assert not {"received", "paid"} & {
        owe.message for owe in house.box.values() if owe.reason == "superseded"
    }
    if not STOPPED & set(house.stages):
        assert "received" in told


@given(stories)
def test_every_message_owed_ends_in_one_outcome(story):
    house = lived(story)
    assert set(house.outcomes) == set(house.box)
    assert all(isinstance(Outcome(outcome), Outcome) for outcome in house.outcomes.values())
    assert sum(out == Outcome.SENT for out in house.outcomes.values()) == len(house.told)

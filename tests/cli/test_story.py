"""What the story behind these tests must have brought, or they would ask about nothing."""

from collections import Counter, defaultdict

CHAIN = ["received", "paid", "in_preparation", "ready_to_ship", "shipped", "delivered"]


def _told(story) -> dict[str, list[str]]:
    """Order -> the messages it got, in the sequence in which they came."""
    told = defaultdict(list)
    for mail in sorted(story.sandbox.mailbox.mails(), key=lambda mail: mail.id):
        told[mail.order].append(mail.message)
    return told


def test_some_orders_walked_the_whole_chain(story):
    walked = [messages for messages in _told(story).values() if set(CHAIN) <= set(messages)]
    assert walked
    for messages in walked:
        assert [one for one in messages if one in CHAIN[:4]] == CHAIN[:4]


def test_no_order_was_told_the_same_step_twice(story):
    once = {"received", "paid", "in_preparation", "ready_to_ship"}
    for messages in _told(story).values():
        assert max(Counter(one for one in messages if one in once).values(), default=0) <= 1


def test_an_order_of_one_parcel_got_one_notice_that_it_left_and_one_that_it_arrived(story):
    parcels = Counter(str(order) for order in _orders_of_parcels(story))
    for order, messages in _told(story).items():
        if parcels[order] == 1:
            assert Counter(messages)["shipped"] <= 1
            assert Counter(messages)["delivered"] <= 1


def _orders_of_parcels(story):
    return [order.id for order in story.sandbox.shop.orders.values() for _ in order.parcels]

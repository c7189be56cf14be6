"""Two shops of one company, on each database: the same customer is asked by each, and one no stops both."""

from a_review_shop import EMAIL, REVIEWS, WEB, AReviewShop
from a_sale import ARRIVED, DAY, line
from sqlalchemy import update

from postventa.consents import object_to
from postventa.store.asks import AskRow
from postventa.store.orders import CustomerRow, OrderRow


def test_each_shop_asks_its_own_customer_and_an_objection_stops_both(
    house, mailbox, configuration, monkeypatch
):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    configuration["web"] = dict(WEB)
    configuration["shops"]["tienda"] |= REVIEWS
    configuration["shops"]["otra"] = dict(configuration["shops"]["tienda"])
    shop = AReviewShop(house(smtp_port=mailbox.port), mailbox)
    for number, name in enumerate(("tienda", "otra", "tienda", "otra"), start=1):
        shop.arrived(
            ref=number, line_items=[line(number)], at=ARRIVED + (30 * DAY if number > 2 else 0 * DAY)
        )
        with shop.place.store.begin() as connection:
            moved = update(OrderRow).where(OrderRow.ref == str(number))
            connection.execute(moved.values(shop=name, customer_id=_customer(connection, name)))
            connection.execute(update(AskRow).where(AskRow.order_id == shop.order_id).values(shop=name))
    shop.agree(shop="otra")
    week = ARRIVED + 7 * DAY
    shop.run(week)
    assert [message for message, outcome, _ in shop.owed_requests if outcome == "sent"] == [
        "review_requested"
    ] * 2
    assert len({ask.contact for ask in shop.asks if ask.contact}) == 2
    with shop.place.store.begin() as connection:
        no = {"shop": "otra", "email": EMAIL, "source": "page", "source_ref": "1", "now": week + DAY}
        object_to(connection, shop.place.settings, **no)
    shop.run(week + 31 * DAY)
    assert [outcome for _, outcome, _ in shop.owed_requests] == ["sent", "sent", "suppressed", "suppressed"]
    assert shop.owed_requests[-1][2] == "opted_out"


def _customer(connection, shop):
    people = CustomerRow.__table__
    found = {row.shop: row for row in connection.execute(people.select())}
    if shop not in found:
        values = found["tienda"]._asdict() | {"shop": shop}
        values.pop("id")
        connection.execute(people.insert(), values)
        found = {row.shop: row for row in connection.execute(people.select())}
    return found[shop].id

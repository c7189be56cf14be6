"""A Medusa that you have started yourself, asked whatever the recorded payloads answer: docs/contributors.md says how."""

import json
import os
from datetime import UTC, datetime

import pytest

from postventa import clock, settings
from postventa.connectors.doors import open_shop
from postventa.connectors.fields import moment
from postventa.inbound_contracts import inbound
from postventa.review_news import Coupon

URL = os.environ.get("POSTVENTA_MEDUSA_URL", "")
SINCE = datetime(2020, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not URL, reason="POSTVENTA_MEDUSA_URL names no Medusa (docs/contributors.md)")


@pytest.fixture
def door():
    section = {"platform": "medusa", "url": URL, "key_env": "POSTVENTA_MEDUSA_KEY", "backfill_since": SINCE}
    return open_shop("live", settings.Shop(**section, requests_per_second=1000))


def polled(pages):
    found = [(page.refused, one) for page in pages for one in page.heard]
    assert not [refused for refused, _ in found if refused]
    return {one.ref: one for _, one in found}


def test_every_order_is_heard_and_understood(door):
    said = door.check()
    heard = polled(door.changed_orders(SINCE))
    assert said.startswith(f"Medusa answers; {len(heard)} orders")
    for one in heard.values():
        assert inbound("medusa", "order").broken(one.raw) is None
        news = door.read_order(json.loads(json.dumps(one.raw)))
        parts = [line.net + line.tax for line in news.lines] + [each.net + each.tax for each in news.charges]
        rounding = max(len(parts), 1) * (0.01 if news.currency != "JPY" else 1)
        assert abs(float(sum(parts) - news.total)) <= rounding
        alone = door.order(one.ref)
        assert alone is not None
        assert door.read_order(alone.raw) == news


def test_an_order_whose_money_moved_and_whose_stamp_did_not_is_heard_by_its_payment_or_its_return(door):
    heard = polled(door.changed_orders(SINCE))
    unmoved = {ref for ref, one in heard.items() if one.modified_at > moment(one.raw["updated_at"], "")}
    assert unmoved, "the seed has two"
    assert unmoved <= set(polled(door.changed_refunds(SINCE)))


def test_an_order_that_is_not_there_is_none(door):
    assert door.order("order_01NOBODYPLACEDTHISONE") is None


def test_a_coupon_is_made_once(door):
    now = clock.now()
    wanted = Coupon(f"gracias-live{now:%H%M%S}", 10, "nuria@client.example", now.replace(year=now.year + 1))
    assert door.coupon(wanted) == door.coupon(wanted)

"""Remedies are proposed once, approved within limit and budget, and every step stands in the case."""

import json
import threading
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from an_order import fill, raw_order
from sqlalchemy import insert, select

from postventa import cli, compensation
from postventa.compensation import NeedsManager, NotPossible
from postventa.rules.compensation import Fault, NotOnTheTable, Remedy
from postventa.store.casebook import NewCase, open_case
from postventa.store.cases import CaseEntryRow
from postventa.store.compensation import spent
from postventa.store.orders import OrderRow
from postventa.store.shipments import ScanRow, ShipmentRow
from postventa.verification import verify_log

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
ONCE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def configuration(configuration):
    people = {"ana": "Ana Pons", "marta": "Marta Gil"}
    configuration["desk"] = {
        "people": {who: {"name": name, "email": f"{who}@tienda.example"} for who, name in people.items()},
        "owner": "ana",
        "manager": "marta",
    }
    configuration["policy"] = {"approval_limit": 20, "remedy_budget": 25}
    return configuration


@pytest.fixture
def case(place):
    """`case(7)` opens a case about order 7, which cost 16.94: 12.10 of goods and 4.84 of shipping."""

    def opened(ref: int | None = None, source: str = "w") -> int:
        order_id = customer_id = None
        if ref is not None:
            fill(place, [raw_order(ref, "completed")], NOW)
        with place.store.begin() as connection:
            if ref is not None:
                wanted = select(OrderRow.id, OrderRow.customer_id).where(OrderRow.ref == str(ref))
                order_id, customer_id = connection.execute(wanted).one()
            new = NewCase(
                "tienda",
                "complaint",
                *("Núria", "nuria@client.example", "es", "web", f"{source}{ref}", "received", NOW),
                order_id=order_id,
                customer_id=customer_id,
            )
            return open_case(connection, new, NOW, ZoneInfo("Europe/Madrid")).case_id

    return opened


def propose(place, case_id, incident="late_delivery", **more):
    with place.store.begin() as connection:
        return compensation.propose(
            connection, place.settings, case_id, incident, **{"who": "ana", "now": NOW} | more
        )


def step(place, what, remedy_id, **more):
    with place.store.begin() as connection:
        return getattr(compensation, what)(
            connection, place.settings, remedy_id, **{"who": "ana", "now": NOW} | more
        )


def test_a_remedy_goes_from_proposal_to_gift_and_every_step_is_in_the_case(place, case):
    case_id = case(7)
    made = propose(place, case_id)
    assert (made.remedy, made.amount, made.state) == (Remedy.REFUND_OF_SHIPPING, Decimal("4.84"), "proposed")
    assert made.alternatives == ((Remedy.CREDIT, Decimal("4.84")),)
    with place.reading() as connection:
        assert compensation.remedy_of(connection, case_id) is None
    assert step(place, "approve", made.id).approved_by == "ana"
    step(place, "approve", made.id)
    assert step(place, "give", made.id).state == "given"
    step(place, "give", made.id)
    with place.reading() as connection:
        said = connection.execute(select(CaseEntryRow.text).order_by(CaseEntryRow.id)).scalars().all()
        assert [words.partition(" is ")[2].split()[0].rstrip(".") for words in said] == [
            "proposed",
            "approved",
            "given",
        ]
        assert verify_log(connection, case_id) == []
        promised = compensation.remedy_of(connection, case_id)
        assert (promised.amount, promised.why) == (Decimal("4.84"), "Delivery was paid for and came late")
        assert spent(connection, "tienda", "tienda:2026-11", "EUR") == Decimal("4.84")


@ONCE
def test_the_same_occasion_is_proposed_once_and_another_one_again(place, case):
    case_id = case(7)
    first = propose(place, case_id)
    assert propose(place, case_id, amount=Decimal(3)) == first
    assert propose(place, case_id, occasion="second parcel").id != first.id


@ONCE
def test_a_credit_is_what_a_customer_may_choose_beside_money(place, case):
    chosen = propose(place, case(7), chosen=Remedy.CREDIT)
    assert chosen.remedy is Remedy.CREDIT
    assert chosen.alternatives == ((Remedy.REFUND_OF_SHIPPING, Decimal("4.84")),)
    with pytest.raises(NotOnTheTable):
        propose(place, case(8), "lost_parcel", chosen=Remedy.CREDIT)


@ONCE
def test_above_the_limit_only_the_manager_approves(place, case):
    made = propose(place, case(), "bad_service", chosen=Remedy.PARTIAL_REFUND, amount=Decimal(21))
    assert "above the 20.00" in made.needs_manager
    with pytest.raises(NeedsManager, match="needs the manager \\(marta\\)"):
        step(place, "approve", made.id)
    assert step(place, "approve", made.id, who="marta").state == "approved"


@ONCE
def test_over_the_month_s_budget_only_the_manager_approves_and_a_new_month_begins_anew(place, case):
    for ref in (7, 8):
        made = propose(place, case(ref), "lost_parcel")
        if ref == 7:
            step(place, "approve", made.id)
    with pytest.raises(NeedsManager, match=r"25.00 would be overspent: 16.94"):
        step(place, "approve", made.id)
    december = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # half past midnight of the first in Madrid
    assert step(place, "approve", made.id, now=december).budget == "tienda:2026-12"


@ONCE
def test_what_is_refused_gives_its_budget_back_and_says_why(place, case):
    made = propose(place, case(7), "lost_parcel")
    step(place, "approve", made.id)
    with pytest.raises(NotPossible, match="without a reason"):
        step(place, "refuse", made.id, why=" ")
    assert step(place, "refuse", made.id, why="the parcel was found").state == "refused"
    with place.reading() as connection:
        assert spent(connection, "tienda", "tienda:2026-11", "EUR") == 0
    for what in ("approve", "give"):
        with pytest.raises(NotPossible, match="is refused and cannot be"):
            step(place, what, made.id)


@ONCE
def test_nobody_gets_back_more_than_was_paid_over_all_cases_of_an_order(place, case):
    step(place, "approve", propose(place, case(7), "lost_parcel").id)
    again = propose(place, case(7, "x"))
    with pytest.raises(NotPossible, match=r"more than the 16.94 paid: 16.94 is back or promised"):
        step(place, "approve", again.id, who="marta")


@ONCE
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"who": "pau"}, "'pau' is nobody at the desk"),
        ({"lines": ("99",)}, "has no line 99: it has 71"),
        ({"fault": Fault.CUSTOMER, "amount": Decimal(3)}, "only money has an amount"),
        ({"amount": Decimal(-3)}, "never below 0"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(place, case, wrong, sentence):
    with pytest.raises(NotPossible, match=sentence):
        propose(place, case(7), **wrong)


@ONCE
def test_what_is_not_there_is_named(place):
    with pytest.raises(NotPossible, match="no remedy 5"):
        step(place, "approve", 5)
    with pytest.raises(NotPossible, match="no case 5"):
        propose(place, 5)


@ONCE
def test_a_shop_s_own_lines_are_asked_first(place, case, tmp_path):
    own = '[[line]]\nincident = "late_delivery"\nfault = "*"\nremedy = "partial_refund"\npercent = 10\nwhy = "Ours"\n'
    (tmp_path / "compensation.toml").write_text(own, encoding="utf-8")
    policy = place.settings.policy.model_copy(update={"rules": str(tmp_path)})
    settings = place.settings.model_copy(update={"policy": policy})
    case_id = case(7)
    with place.store.begin() as connection:
        made = compensation.propose(connection, settings, case_id, "late_delivery", who="ana", now=NOW)
    assert (made.remedy, made.amount) == (Remedy.PARTIAL_REFUND, Decimal("1.21"))


def test_two_who_approve_at_once_spend_the_budget_once(place, case):
    """Two remedies of 16.94 out of 25, and one of them by two people at the same moment."""
    wanted = [propose(place, case(ref), "lost_parcel").id for ref in (7, 8)]
    gate, outcomes = threading.Barrier(4), []

    def decide(remedy_id: int) -> None:
        gate.wait()
        try:
            outcomes.append(step(place, "approve", remedy_id).state)
        except NeedsManager:
            outcomes.append("asks the manager")

    people = [threading.Thread(target=decide, args=(remedy_id,)) for remedy_id in (*wanted, *wanted)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(outcomes) == ["approved", "approved", "asks the manager", "asks the manager"]
    with place.reading() as connection:
        assert spent(connection, "tienda", "tienda:2026-11", "EUR") == Decimal("16.94")


@ONCE
def test_the_command_line_walks_a_remedy_through(place, case, house, capsys, monkeypatch):
    house()
    monkeypatch.setattr(
        "postventa.cli.house.migrate.version", lambda _store: SimpleNamespace(is_current=True)
    )
    case(7)

    def ask(*words: str) -> tuple[int, str]:
        code = cli.run(["remedy", *words, "--now", NOW.isoformat()])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    assert (
        "instead the customer may choose: credit of 4.84"
        in ask("propose", "R-2026-000001", "late_delivery", "--by", "ana")[1].lower()
    )
    assert "R-2026-000099" in ask("propose", "R-2026-000099", "late_delivery", "--by", "ana")[1]
    assert ask("approve", "1", "--by", "pau")[0] == 1
    assert "is approved" in ask("approve", "1", "--by", "ana")[1]
    code, listed = ask("list", "--case", "R-2026-000001", "--json")
    document = json.loads(listed)
    assert (code, document["spent"]) == (0, {"tienda:2026-11 EUR": "4.84"})
    assert document["remedies"][0]["state"] == "approved"
    assert "is refused" in ask("refuse", "1", "--by", "ana", "--reason", "found")[1]
    assert "cannot be given" in ask("give", "1", "--by", "ana")[1]


@ONCE
@pytest.mark.parametrize(
    ("recorded", "fault", "remedy"),
    [
        ("consignee_not_home", Fault.CUSTOMER, Remedy.APOLOGY),
        ("retailer_not_ready", Fault.SHOP, Remedy.REFUND_OF_SHIPPING),
        ("", Fault.CARRIER, Remedy.REFUND_OF_SHIPPING),
    ],
)
def test_a_late_delivery_is_laid_on_whoever_the_carrier_recorded(place, case, recorded, fault, remedy):
    case_id = case(7)
    parcel = {
        "order_id": None,
        "tracking_number": "1",
        "carrier_word": "",
        "tracking_url": "",
        "raw_code": "",
    }
    parcel |= {
        "status": "in_transit",
        "raw_text": "",
        "mapped_by": "",
        "pickup_point": "",
        "last_news_at": NOW,
    }
    scan = {"fingerprint": "x", "status": "on_hold", "raw_code": "", "raw_text": "", "scanned_at": NOW}
    scan |= {"zone_known": True, "place": "", "heard_at": NOW, "incident_reason": recorded}
    with place.store.begin() as connection:
        parcel["order_id"] = connection.execute(select(OrderRow.id)).scalar_one()
        parcel_id = connection.execute(
            insert(ShipmentRow).values(parcel).returning(ShipmentRow.id)
        ).scalar_one()
        connection.execute(insert(ScanRow).values(scan | {"shipment_id": parcel_id}))
    made = propose(place, case_id)
    assert (made.fault, made.remedy) == (fault, remedy)
    with place.reading() as connection:
        words = connection.execute(
            select(CaseEntryRow.text).where(CaseEntryRow.occasion == "remedy:late_delivery:proposed")
        ).scalar_one()
    assert ("the carrier recorded" in words) is bool(recorded)
    assert propose(place, case_id, fault=Fault.NOBODY, occasion="again").fault is Fault.NOBODY

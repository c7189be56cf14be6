"""`postventa return`: the desk files, decides, notes and lists what comes back, and is told what it may not do."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from a_sale import ARRIVED, DAY, ASale, line
from an_order import raw_order

from postventa import cli, clock
from postventa.changes import Reader, change_from
from postventa.connectors.doors import open_shop
from postventa.store.changes import save
from postventa.store.orders import RefundRow
from postventa.store.standings import standings
from tasks.returns import keep_sales

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
TOLD = ARRIVED + DAY
CLOSES = datetime(2026, 12, 10, 23, tzinfo=UTC)
FIRST = "D-2026-000001"


@pytest.fixture
def sale(configuration, house, monkeypatch, tmp_path):
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}},
        "owner": "ana",
    }
    configuration["files"] = {"path": str(tmp_path / "files")}
    configuration["policy"] = {"exemptions": {"c": ["PERSONAL-*"]}}
    monkeypatch.setattr(
        "postventa.cli.house.migrate.version", lambda _store: SimpleNamespace(is_current=True)
    )
    goods = [line(71, 2, "20.00", "0.00"), line(72, sku="PERSONAL-ANA")]
    return ASale(house()).sell({"JD1": ARRIVED}, line_items=goods, total="36.94")


@pytest.fixture
def ask(capsys):
    def asked(*words: str, at: datetime = TOLD) -> tuple[int, str]:
        code = cli.run([*words, "--now", at.isoformat()])
        printed = capsys.readouterr()
        return code, (printed.out + printed.err).strip()

    return asked


def desk(ask, *words, at=TOLD):
    return ask("return", *words, "--by", "ana", at=at)


def open_one(ask, *words, at=TOLD):
    return ask("return", "open", "--order", "7", "--text", "Ho torno.", *words, at=at)


def test_a_return_by_telephone_goes_from_the_call_to_the_money(sale, ask):
    code, said = open_one(ask, "--line", "71=1")
    assert (code, said[: said.index(", with")]) == (0, f"{FIRST} is awaiting goods")
    assert said.endswith("Refund by 2026-12-11.")
    assert open_one(ask, "--line", "71=1")[1].startswith(f"{FIRST} was filed before, and is awaiting goods")
    assert desk(ask, "track", FIRST, "--carrier", "DHL", "--tracking-number", "R1") == (
        0,
        f"{FIRST} is in transit.",
    )
    assert desk(ask, "proof", FIRST)[0] == 0
    assert (
        desk(ask, "received", FIRST, "--inspected", "--finding", "Com nova.")[1] == f"{FIRST} is refund due."
    )
    shown = ask("return", "show", FIRST)[1]
    assert "0.00 of 10.00 EUR given back; the risk of double the sum is low." in shown
    assert "71  1 x Tassa 71  10.00" in shown
    assert "The goods: on their way with DHL R1." in shown
    assert "R-WDR-REF, LGDCU 107.1, 76, 47.1.s: running, due 2026-12-11 23:00:00 UTC" in shown
    assert "Com nova." in shown
    assert desk(ask, "refunded", FIRST, "--amount", "10")[1] == f"{FIRST} is refunded."
    assert "2026-11-27  tienda:D-2026-000001  refunded" in ask("return", "list")[1]
    assert desk(ask, "end", FIRST)[1] == f"{FIRST} is closed."
    assert ask("return", "list")[1] == "No return is open."
    assert json.loads(ask("return", "list", "--state", "closed", "--json")[1])[0]["number"] == FIRST


def test_money_by_another_means_needs_the_customers_agreement_and_outlives_the_shops_news(sale, ask):
    open_one(ask, "--line", "71=1")
    code, said = desk(ask, "refunded", FIRST, "--amount", "10", "--means", "Transferència")
    assert (code, "express agreement (LGDCU 107.1)" in said) == (1, True)
    assert desk(ask, "refunded", FIRST, "--amount", "4", "--means", "Transferència", "--agreed")[0] == 0
    told = sale.owed["refund_made"]
    assert (told["means"], told["is_other_means"]) == ("Transferència", True)
    settings = sale.place.settings.shop("tienda")
    with sale.place.store.begin() as connection:
        known = standings(connection, "tienda", ["7"])["7"]
        reader = Reader("tienda", settings, lambda _word: "dhl", TOLD)
        news = open_shop("tienda", settings).read_order(raw_order(7, "completed", parcels=["JD1"], at=TOLD))
        save(connection, [change_from(news, known, reader)], TOLD)
    with clock.clock_set_to(TOLD + timedelta(hours=1)):
        keep_sales.fn()
    assert [row.withdrawn_at for row in sale.rows(RefundRow)] == [None]
    assert (sale.money.refunded_amount, sale.case.state) == (Decimal(4), "awaiting_goods")


def test_an_excepted_line_is_refused_with_evidence_and_the_others_are_accepted(sale, ask):
    assert "A person decides: LGDCU 103.c may except line 72" in open_one(ask)[1]
    assert "no line 99 comes back" in desk(ask, "decline", FIRST, "--line", "99", "--letter", "c")[1]
    code, said = desk(ask, "decline", FIRST, "--line", "72", "--letter", "c")
    assert (code, "an exception needs its evidence" in said) == (1, True)
    words = ("--line", "72", "--letter", "c", "--evidence", "Gravada amb el nom.")
    assert desk(ask, "decline", FIRST, *words)[0] == 0
    assert desk(ask, "approve", FIRST) == (0, f"{FIRST} is awaiting goods.")
    assert "refused: LGDCU 103.c: made to the customer's" in ask("return", "show", FIRST)[1]


def test_a_late_statement_is_declined_or_taken_out_of_kindness(sale, ask):
    assert "sent after the period had ended" in open_one(ask, "--line", "71", at=CLOSES)[1]
    assert desk(ask, "decline", FIRST, at=CLOSES)[1] == f"{FIRST} is declined."
    assert desk(ask, "approve", FIRST, at=CLOSES)[1] == f"{FIRST} is awaiting goods."
    assert desk(ask, "end", FIRST, "--kept", at=CLOSES)[1] == f"{FIRST} is cancelled."


def test_a_statement_by_post_counts_from_when_it_was_sent(sale, ask):
    sent = (CLOSES - timedelta(seconds=1)).isoformat()
    said = open_one(ask, "--line", "71", "--sent", sent, at=CLOSES + 4 * DAY)[1]
    assert said.startswith(f"{FIRST} is awaiting goods")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "D-2026-000099"), "there is no one return D-2026-000099"),
        (("open", "--order", "99", "--text", "x"), "there is no order 99"),
        (("open", "--order", "7", "--text", "x", "--line", "99=1"), "has no line '99'"),
        (("open", "--order", "7", "--text", "x", "--line", "71=lots"), "'lots' is not an amount"),
        (("open", "--order", "7", "--text", "x", "--line", "71=0"), "must be more than nothing"),
        (("open", "--order", "7", "--text", "x", "--sent", "2027-01-01T00:00:00Z"), "has not come yet"),
        (("approve", FIRST, "--by", "pau"), "pau is nobody in [desk.people]: there are ana"),
        (("end", FIRST, "--by", "ana", "--kept", "--exchanged"), "say one of --kept and --exchanged"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_what_is_wrong(sale, ask, words, said):
    code, told = ask("return", *words)
    assert code in {1, 2}
    assert said in told
    assert "\n" not in told


def test_an_order_tells_for_each_line_until_when_it_may_come_back(sale, ask):
    told = ask("order", "7")[1].splitlines()
    assert told[1] == "withdrawal_open until 2026-12-10  71 Tassa 71"
    assert told[2].startswith("withdrawal_closed LGDCU 103.c: made to the customer's specifications")
    assert (
        ask("order", "7", at=CLOSES)[1].splitlines()[1] == "withdrawal_closed since 2026-12-10  71 Tassa 71"
    )
    document = json.loads(ask("order", "7", "--json")[1])["withdrawal"]
    assert (document["closes_on"], document["closes_at"]) == ("2026-12-10", CLOSES.isoformat())
    assert [(one["ref"], one["state"], one["closes_on"], one["letter"]) for one in document["lines"]] == [
        ("71", "withdrawal_open", "2026-12-10", ""),
        ("72", "withdrawal_closed", "2026-12-10", "c"),
    ]
    assert json.loads(ask("order", "7", "--json")[1])["sale_final_at"] is None
    with clock.clock_set_to(TOLD):
        keep_sales.fn()
    assert "the sale is final from 2026-12-10 23:00 UTC on" in ask("order", "7")[1].splitlines()
    sale.scan("JD1", "in_transit")
    assert (
        "withdrawal_open not started: no delivery is recorded of 1 of 1 parcels  71" in ask("order", "7")[1]
    )


def test_a_statement_about_an_unknown_order_goes_on_once_the_desk_knows_which(sale, ask):
    stranger = sale.declare(TOLD, email="other@client.example")
    assert stranger.state == "acknowledged"
    assert "no order of the customer's was found" in ask("return", "show", FIRST)[1]
    assert desk(ask, "link", FIRST, "--order", "7", "--line", "71=2")[1] == f"{FIRST} is awaiting goods."
    assert (sale.money.refund_due_amount, sale.money.currency) == (Decimal(20), "EUR")
    clock_ = sale.clock("R-WDR-REF")
    assert (clock_.amount, clock_.currency, clock_.state) == (Decimal(20), "EUR", "running")
    assert "is about an order already" in desk(ask, "link", FIRST, "--order", "7")[1]

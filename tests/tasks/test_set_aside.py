"""What cannot be moved or understood is set aside with its reason, shown, counted, and can be tried again."""

import json
import threading

import pytest
from an_order import PLACED, raw_order, stamp
from sqlalchemy import text

from postventa.cli import run as command
from postventa.rules.happenings import happenings
from postventa.store import migrate
from postventa.store.inbox import InboxRow, ParkedRow, QuarantineRow
from postventa.store.orders import OrderRow


@pytest.fixture
def cli(village, capsys, monkeypatch):
    """Runs a command in this process; answers its exit code and its document."""

    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))

    def run(*words):
        code = command([*words, "--json"])
        written = capsys.readouterr().out
        return code, json.loads(written) if written.strip() else None

    return run


@pytest.fixture
def poisonous(monkeypatch):
    """Orders paid at 07:13 meet a mistake of ours, until it is mended."""
    mended = threading.Event()

    def meet(known, said):
        if not mended.is_set() and said.paid_at == PLACED.replace(minute=13):
            raise ZeroDivisionError("a rule divides by nothing")
        return happenings(known, said)

    monkeypatch.setattr("postventa.changes.happenings", meet)
    return mended


BAD = {"date_paid_gmt": stamp(PLACED.replace(minute=13))}


def test_a_bad_order_is_parked_with_its_reason_and_the_others_of_its_batch_move(village, poisonous):
    village.put(*(raw_order(ref, **(BAD if ref == 3 else {})) for ref in range(1, 6)))
    moved = village.hear()
    assert (moved.applied, moved.parked) == (4, ("tienda:3",))
    assert [row.reason for row in village.rows(ParkedRow)] == ["ZeroDivisionError: a rule divides by nothing"]
    assert {row.ref for row in village.rows(OrderRow)} == {"1", "2", "4", "5"}
    assert village.move().parked == (), "it is said once, and not by every run"


def test_an_order_that_the_store_refuses_is_parked_alone(own_store, village):
    village.put(raw_order(1), raw_order(2), raw_order(3))
    with village.place.store.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(
                text(
                    "CREATE TRIGGER no_two BEFORE INSERT ON order_lines WHEN NEW.ref = '21' "
                    "BEGIN SELECT RAISE(ABORT, 'not two'); END"
                )
            )
        else:
            connection.execute(text("ALTER TABLE order_lines ADD CONSTRAINT no_two CHECK (ref <> '21')"))
    moved = village.hear()
    assert (moved.applied, moved.parked) == (2, ("tienda:2",))
    assert "nuria" not in village.rows(ParkedRow)[0].reason.lower()
    assert {row.ref for row in village.rows(OrderRow)} == {"1", "3"}


def test_parked_retry_brings_an_order_back_with_everything_heard_meanwhile(village, poisonous, cli):
    village.put(raw_order(1, **BAD))
    village.hear()
    village.put(raw_order(1, "preparing", at=village.later(minutes=5), **BAD))
    village.hear()
    code, listed = cli("parked")
    assert code == 0
    assert [row["order_ref"] for row in listed] == ["1"]
    poisonous.set()
    assert cli("parked", "retry", str(listed[0]["id"]))[0] == 0
    moved = village.move()
    assert moved.applied == 2
    village.send()
    assert village.mailbox.of(1) == ["received", "paid", "in_preparation"]
    assert cli("parked")[1] == []
    assert cli("parked", "retry", str(listed[0]["id"]))[0] == 1


def test_a_payload_that_is_not_understood_is_shown_counted_once_and_costs_nobody_else_anything(village, cli):
    village.put(raw_order(1, "arriving-by-balloon"), raw_order(2))
    moved = village.hear()
    assert (moved.applied, moved.quarantined) == (1, 1)
    village.put(raw_order(1, "arriving-by-balloon", at=village.later(minutes=5)))
    assert village.hear().quarantined == 0
    code, listed = cli("quarantine")
    assert code == 0
    assert [(row["times"], row["kind"], row["ref"]) for row in listed] == [(2, "order", "1")]
    assert "shops.tienda.statuses" in listed[0]["reason"]
    shown = cli("quarantine", "show", str(listed[0]["id"]))[1]
    assert json.loads(shown["raw"])["status"] == "arriving-by-balloon"
    assert [row.outcome for row in village.rows(InboxRow)] == ["quarantined", "applied", "quarantined"]
    assert len(village.rows(QuarantineRow)) == 1


def test_an_order_that_breaks_its_contract_is_quarantined_by_the_rules_name_and_the_rest_goes_on(
    village, cli
):
    village.put(raw_order(1, currency="eur"), raw_order(2))
    moved = village.hear()
    assert (moved.applied, moved.quarantined) == (1, 1)
    (row,) = cli("quarantine")[1]
    assert row["reason"] == "currency_pattern: currency is written as ^[A-Z]{3}$."

"""What was not understood is read again once somebody has explained it, without touching the shop."""

import pytest
from an_order import raw_order

from postventa.cli import run as command
from postventa.store import migrate
from postventa.store.inbox import InboxRow, QuarantineRow
from postventa.store.orders import OrderRow


@pytest.fixture
def cli(village, capsys, monkeypatch):
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))

    def run(*words):
        code = command([*words])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def unexplained(village):
    """Two orders in a status that the configuration says nothing of."""
    village.put(raw_order(1, "empaquetado"), raw_order(2, "empaquetado"), raw_order(3))
    assert village.hear().quarantined == 2


def test_orders_in_a_status_that_was_explained_meanwhile_are_read_again(
    village, unexplained, cli, configuration, house
):
    configuration["shops"]["tienda"]["statuses"] = {"empaquetado": "ready_to_ship"}
    house()
    assert village.hear().applied == 0, "the shop says nothing new, so nobody asks by himself"
    assert cli("quarantine", "retry", "--all") == (
        0,
        "2 out of quarantine; payloads that the next run reads again: 2.\n",
    )
    assert village.move().applied == 2
    assert {row.ref: row.stage for row in village.rows(OrderRow)} == {
        "1": "ready_to_ship",
        "2": "ready_to_ship",
        "3": "paid",
    }
    assert village.rows(QuarantineRow) == []


def test_what_is_still_not_understood_comes_back_and_is_told_again(village, unexplained, cli):
    (first, _) = village.rows(QuarantineRow)
    assert cli("quarantine", "retry", str(first.id))[0] == 0
    assert len(village.rows(QuarantineRow)) == 1
    assert village.move().quarantined == 1
    assert len(village.rows(QuarantineRow)) == 2
    assert [row.outcome for row in village.rows(InboxRow)] == ["quarantined", "quarantined", "applied"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say which ones by their numbers, or --all"),
        (("1", "--all"), 2, "say which ones by their numbers, or --all"),
        (("1", "77"), 1, "nothing is in quarantine under 77"),
    ],
)
def test_a_retry_that_names_nothing_that_is_there_changes_nothing(
    village, unexplained, cli, words, code, said
):
    answer = cli("quarantine", "retry", *words)
    assert answer[0] == code
    assert said in answer[1]
    assert len(village.rows(QuarantineRow)) == 2

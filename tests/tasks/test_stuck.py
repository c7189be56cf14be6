"""What a person decides about messages that are stuck."""

import json

import pytest
from alembic import command
from an_order import raw_order

from postventa.cli import run
from postventa.store import migrate


@pytest.fixture(autouse=True)
def _at_this_version(place):
    """Commands want a store that migrations have brought to this version."""
    config = migrate._config()
    with place.store.begin() as connection:
        config.attributes["connection"] = connection
        command.stamp(config, "head")


def test_a_blocked_message_goes_again_when_a_person_says_so_or_is_settled(village, capsys):
    village.put(raw_order(1, "pending", total="99.00"))
    village.hear()
    village.send()
    run(["stuck", "--json"])
    stuck = json.loads(capsys.readouterr().out)
    assert [(one["message"], one["reason"]) for one in stuck] == [("received", "amount_mismatch")]

    assert run(["stuck", "resend", str(stuck[0]["id"])]) == 0
    village.send()  # its figures still do not add up
    assert village.owed()["1:-:received:once"] == "suppressed amount_mismatch"

    assert run(["stuck", "settle", str(stuck[0]["id"])]) == 0
    assert village.owed()["1:-:received:once"] == "suppressed settled_by_a_person"
    capsys.readouterr()


def test_a_message_that_is_not_stuck_is_not_touched(village, capsys):
    village.put(raw_order(1, "pending"))
    village.hear()

    assert run(["stuck", "resend", "1"]) == 1
    assert "no message is stuck under 1" in capsys.readouterr().err
    village.send()
    assert village.mailbox.of(1) == ["received"]

"""Returns as a table: every state has its rows, and a withdrawal is not declined for no reason."""

import pytest

from postventa.rules.returns import (
    LETTERS,
    MOVES,
    NOTHING_COMES_BACK,
    SETTLED,
    Act,
    OutOfTurn,
    ReturnKind,
    ReturnState,
    after,
    may_decline,
)

WITHDRAWAL = ReturnKind.STATUTORY_WITHDRAWAL


def test_every_state_has_rows_and_can_be_reached_from_the_statement():
    assert set(MOVES) == set(ReturnState)
    reached, frontier = {ReturnState.REQUESTED}, [ReturnState.REQUESTED]
    while frontier:
        for state in MOVES[frontier.pop()].values():
            if state not in reached:
                reached.add(state)
                frontier.append(state)
    assert reached == set(ReturnState)


def test_what_may_be_done_to_a_withdrawal_before_anybody_decides_may_be_done_to_a_request_too():
    requested, acknowledged = MOVES[ReturnState.REQUESTED], MOVES[ReturnState.ACKNOWLEDGED]
    assert acknowledged.items() <= requested.items()
    assert requested.keys() - acknowledged.keys() == {Act.ACKNOWLEDGE}


def test_a_return_goes_from_the_statement_to_the_money():
    state = ReturnState.REQUESTED
    for act in ("acknowledge", "approve", "ask_for_goods", "track", "receive", "inspect", "refund", "close"):
        state = after(state, Act(act))
    assert state is ReturnState.CLOSED


def test_what_is_out_of_turn_says_what_would_be_possible():
    with pytest.raises(OutOfTurn, match="declined cannot take inspect: possible are approve, close"):
        after(ReturnState.DECLINED, Act.INSPECT)


def test_a_refund_that_is_taken_back_is_owed_again_even_after_the_end():
    assert after(ReturnState.CLOSED, Act.TAKE_REFUND_BACK) is ReturnState.REFUND_DUE
    assert ReturnState.REFUND_DUE not in SETTLED


def test_goods_come_back_by_every_return_but_those_declined_and_kept():
    """What an exchange took back cannot come back again; what was declined or kept can."""
    assert set(NOTHING_COMES_BACK) == {ReturnState.DECLINED, ReturnState.CANCELLED}


def test_a_sale_waits_for_every_return_that_something_can_still_be_done_for():
    can_be_closed = {state for state, moves in MOVES.items() if Act.CLOSE in moves}
    assert can_be_closed | {ReturnState.CLOSED} == set(SETTLED)


def test_a_withdrawal_in_time_cannot_be_declined_whatever_the_reason():
    answer = may_decline(WITHDRAWAL, reason="we would rather not")
    assert not answer.is_yes
    assert "is a right" in answer.reason


def test_a_withdrawal_sent_after_its_period_may_be_declined_with_the_article():
    answer = may_decline(WITHDRAWAL, is_late=True)
    assert (answer.is_yes, answer.article) == (True, "LGDCU 102-104")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"letter": "z", "evidence": "x"}, "has no letter z"),
        ({"letter": "c", "evidence": "  "}, "needs its evidence"),
        ({"letter": "c", "evidence": "x", "was_told": False}, "nobody told the customer"),
    ],
)
def test_an_exception_needs_its_letter_its_evidence_and_to_have_been_told(given, said):
    answer = may_decline(WITHDRAWAL, **given)
    assert not answer.is_yes
    assert said in answer.reason


def test_an_exception_with_its_evidence_declines_and_names_both():
    answer = may_decline(WITHDRAWAL, letter="C", evidence="engraved with the name that was ordered")
    assert (answer.is_yes, answer.article) == (True, "LGDCU 103.c")
    assert answer.reason == f"{LETTERS['c']}: engraved with the name that was ordered"


@pytest.mark.parametrize("kind", sorted(set(ReturnKind) - {WITHDRAWAL}))
@pytest.mark.parametrize(("reason", "is_yes"), [("  ", False), (" used for a year ", True)])
def test_what_is_no_withdrawal_may_be_declined_for_a_written_reason(kind, reason, is_yes):
    answer = may_decline(kind, reason=reason)
    assert answer.is_yes is is_yes
    assert answer.reason == ("used for a year" if is_yes else answer.reason)

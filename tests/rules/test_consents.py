"""Who may be sent what, by what they said and when."""

from datetime import UTC, datetime, timedelta

import pytest

from postventa.rules.consents import ALL, Basis, Entry, Exclusion, Reach, Said, covers, may_write, standing

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
RELATIONSHIP, COMMERCIAL = "relationship", "commercial"
NOTHING = {RELATIONSHIP: Basis.NONE, COMMERCIAL: Basis.NONE}


def entries(*said):
    """(class, what, source), each an hour after the one before."""
    return [
        Entry(name, Said(what), source, NOON + timedelta(hours=number))
        for number, (name, what, source) in enumerate(said)
    ]


def bases(*said):
    found = standing(entries(*said))
    return found[RELATIONSHIP], found[COMMERCIAL]


BOUGHT = (ALL, "soft_opt_in", "order")
TICKED = (COMMERCIAL, "consented", "order")
NO = (ALL, "objected", "one_click")
YES = (ALL, "consented", "page")


@pytest.mark.parametrize(
    ("said", "relationship", "commercial"),
    [
        ((), "none", "none"),
        ((BOUGHT,), "soft_opt_in", "soft_opt_in"),
        ((TICKED, BOUGHT), "soft_opt_in", "consent"),
        ((BOUGHT, NO), "objected", "objected"),
        ((NO, BOUGHT), "objected", "objected"),
        ((NO, TICKED), "objected", "objected"),
        ((NO, YES), "consent", "consent"),
        ((NO, YES, NO), "objected", "objected"),
        ((BOUGHT, (RELATIONSHIP, "objected", "page")), "objected", "soft_opt_in"),
    ],
)
def test_a_no_outweighs_everything_but_a_later_yes_that_was_said_as_one(said, relationship, commercial):
    assert bases(*said) == (Basis(relationship), Basis(commercial))


def test_the_order_in_which_entries_are_read_does_not_matter_and_at_one_instant_the_no_wins():
    told = entries(NO, YES)
    assert standing(reversed(told)) == standing(told)
    at_once = [Entry(ALL, said, "page", NOON) for said in (Said.OBJECTED, Said.CONSENTED)]
    assert set(standing(at_once).values()) == {Basis.OBJECTED}


def test_an_objection_to_one_class_covers_no_more_than_it():
    found = standing(entries((RELATIONSHIP, "objected", "page")))
    assert covers(found, RELATIONSHIP)
    assert not covers(found, COMMERCIAL)
    assert not covers(found, ALL)
    assert covers(standing(entries(NO)), ALL)


def reason(message_class, basis, *, is_own_similar=True, exclusion=Exclusion.NOT_ASKED, **reach):
    found = Reach(NOTHING | {message_class: Basis(basis)}, **reach)
    return may_write(found, message_class, is_own_similar=is_own_similar, exclusion=exclusion).reason


def test_asking_for_an_opinion_needs_a_sale_or_a_yes():
    assert reason(RELATIONSHIP, "none") == "no_consent"
    assert reason(RELATIONSHIP, "soft_opt_in", is_own_similar=False) == ""
    assert reason(RELATIONSHIP, "consent") == ""
    assert reason(RELATIONSHIP, "objected") == "opted_out"


def test_advertising_without_a_yes_is_for_own_similar_goods_and_for_who_is_on_no_exclusion_list():
    assert reason(COMMERCIAL, "soft_opt_in", is_own_similar=False) == "no_consent"
    assert reason(COMMERCIAL, "soft_opt_in") == "no_consent"
    assert reason(COMMERCIAL, "soft_opt_in", exclusion=Exclusion.FREE) == ""
    assert reason(COMMERCIAL, "soft_opt_in", exclusion=Exclusion.LISTED) == "opted_out"
    assert reason(COMMERCIAL, "consent", is_own_similar=False, exclusion=Exclusion.LISTED) == ""


def test_nobody_is_written_to_who_is_suppressed_who_bounced_or_who_could_not_object():
    assert reason(RELATIONSHIP, "consent", is_suppressed=frozenset({RELATIONSHIP})) == "opted_out"
    assert reason(RELATIONSHIP, "consent", is_suppressed=frozenset({COMMERCIAL})) == ""
    assert reason(RELATIONSHIP, "consent", has_bounced=True) == "hard_bounce"
    assert reason(RELATIONSHIP, "consent", has_way_out=False) == "channel_not_allowed"

"""Where the borders lie between what is due at once, within a day, and later; and which clock of several drives."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from postventa.rules.driving import driver, voice_of
from postventa.rules.escalation import Voice
from postventa.rules.statutes import Direction

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def duty(number, lasts, *, is_statutory=True):
    return SimpleNamespace(
        id=number,
        started_at=START,
        due_at=START + lasts,
        direction=Direction.TRADER_DUTY,
        is_shadow=False,
        is_statutory=is_statutory,
    )


@pytest.mark.parametrize(
    ("lasts", "voice"),
    [
        (DAY - SECOND, Voice.ONCE),
        (DAY, Voice.LADDER),
        (DAY + SECOND, Voice.LADDER),
        (DAY + 2 * SECOND, Voice.FULL),
    ],
)
def test_a_second_decides_how_loud_a_duty_is(lasts, voice):
    clock = duty(1, lasts)
    assert voice_of(clock, [clock]) is voice


def test_the_earliest_that_binds_drives_whatever_began_first_and_of_two_at_once_the_older():
    at_once, late, early, same = duty(1, SECOND), duty(2, 9 * DAY), duty(3, 5 * DAY), duty(4, 5 * DAY)
    clocks = [same, late, early, at_once]
    assert driver(clocks) is early
    assert [voice_of(one, clocks) for one in clocks] == [Voice.ONCE, Voice.ONCE, Voice.FULL, Voice.ONCE]
    ours = duty(5, 2 * DAY, is_statutory=False)
    assert voice_of(ours, [*clocks, ours]) is Voice.FULL, "a promise has a ladder of its own beside the law's"

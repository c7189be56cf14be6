"""The one clock: frozen, running fast, shared through the environment, and never without a zone."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from postventa import clock
from postventa.clock import Clock, NotAClock, read_clock, read_instant

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_without_a_setting_now_is_now(monkeypatch):
    monkeypatch.delenv(clock.ENVIRONMENT_KEY, raising=False)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().utcoffset() == timedelta()


def test_a_frozen_clock_stands_still():
    with clock.clock_set_to(NOON):
        assert clock.now() == NOON
        time.sleep(0.01)
        assert clock.now() == NOON


def test_clocks_nest_and_the_outer_one_comes_back(monkeypatch):
    monkeypatch.delenv(clock.ENVIRONMENT_KEY, raising=False)
    with clock.clock_set_to(NOON):
        with clock.clock_set_to(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() != NOON


def test_a_clock_comes_back_after_an_error(monkeypatch):
    monkeypatch.delenv(clock.ENVIRONMENT_KEY, raising=False)
    with pytest.raises(ZeroDivisionError), clock.clock_set_to(NOON):
        raise ZeroDivisionError
    assert clock.now() != NOON


def test_a_clock_in_another_zone_answers_in_utc():
    with clock.clock_set_to(datetime.fromisoformat("2026-11-02T13:00:00+01:00")):
        assert clock.now() == NOON
        assert clock.now().utcoffset() == timedelta()


def test_a_fast_clock_lets_days_pass_in_seconds():
    fast = Clock(NOON, time.time() - 10, 8640)
    assert timedelta(days=1) <= fast.now() - NOON < timedelta(days=1, hours=12)


def test_a_fast_clock_is_shared_through_the_environment(monkeypatch):
    fast = Clock(NOON, time.time() - 100, 3600)
    monkeypatch.setenv(clock.ENVIRONMENT_KEY, fast.written())
    assert read_clock(fast.written()) == fast
    assert abs(clock.now() - fast.now()) < timedelta(hours=2)


def test_an_instant_in_the_environment_freezes_the_clock(monkeypatch):
    monkeypatch.setenv(clock.ENVIRONMENT_KEY, "2026-11-02T12:00:00Z")
    assert clock.now() == NOON


def test_the_wall_clock_is_real_whatever_the_clock_is_set_to():
    with clock.clock_set_to(NOON):
        assert abs(clock.wall() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-02T12:00:00Z", NOON),
        (" 2026-11-02T13:00:00+01:00 ", NOON),
        ("2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_with_its_zone_on_the_longest_night_too(written, read):
    assert read_instant(written) == read


@pytest.mark.parametrize("written", ["2026-11-02T12:00:00", "2026-11-02", "yesterday", "-"])
def test_what_is_no_instant_with_a_zone_is_refused_and_shown(written):
    with pytest.raises(NotAClock, match=written):
        read_instant(written)


@pytest.mark.parametrize("written", ["2026-11-02T12:00:00Z@soon", "2026-11-02T12:00:00Z@1x2y", "x"])
def test_what_is_no_clock_is_refused_and_shown(written):
    with pytest.raises(NotAClock, match="is not a clock"):
        read_clock(written)

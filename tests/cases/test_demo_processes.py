"""What the demo starts ends with it, also when it is killed; and its story stops where it is to stop."""

import subprocess
import sys
import tomllib
from datetime import UTC, datetime

import pytest

from postventa.demo import leash
from postventa.demo.configuration import Places, configuration
from postventa.demo.rhythm import DAYS, END, stops
from postventa.settings import settings_from


@pytest.fixture
def sleeper():
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    yield process
    process.kill()
    process.wait()


def leashed(process, *last_words):
    said = "".join(f"{line}\n" for line in (process.pid, *last_words))
    words = [sys.executable, "-I", "-S", leash.__file__]
    subprocess.run(words, input=said.encode(), check=True, timeout=20)


def test_what_was_started_ends_when_whoever_started_it_is_gone(sleeper):
    leashed(sleeper)
    assert sleeper.wait(timeout=10) != 0


def test_what_was_ended_in_order_is_let_go(sleeper):
    leashed(sleeper, leash.LET_GO)
    assert sleeper.poll() is None


def test_the_story_ends_in_the_afternoon_of_its_last_day_with_everything_looked_at():
    whole, short = list(stops(DAYS)), list(stops(3))
    assert (whole[-1].hour, short[-1].hour) == (END, 3 * 24 + 8)
    assert (whole[-1].has_goods, whole[-1].has_desk, whole[-1].has_voices) == (True, True, True)
    assert [stop.hour for stop in whole] == sorted({stop.hour for stop in whole})
    assert not any(stop.has_voices for stop in short)


def test_the_demo_s_configuration_is_one_that_the_service_reads(tmp_path):
    places = Places(tmp_path, "http://127.0.0.1:1", 2, "http://127.0.0.1:3")
    written = configuration(places, datetime(2026, 10, 19, 8, tzinfo=UTC))
    settings = settings_from(tomllib.loads(written), "demo")
    shop = settings.shop("tienda")
    assert (shop.review_coupon.percent, shop.review_url) == (10, "http://127.0.0.1:1/?p={product_ref}")
    assert (settings.desk.owner, settings.web.url) == ("ana", "http://127.0.0.1:3")
    assert settings.datasets.path == str(tmp_path / "datasets")

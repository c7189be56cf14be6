"""Where a customer lives: region and zone from a postcode."""

import pytest

from postventa.rules.places import CANARY, MADRID, PROVINCES, region_of, zone_of


@pytest.mark.parametrize(
    ("postcode", "region"),
    [
        ("08001", "ES-CT"),
        ("35001", "ES-CN"),
        (" 38400", "ES-CN"),
        ("39001", "ES-CB"),
        ("99000", ""),
        ("", ""),
    ],
)
def test_a_postcode_says_the_region(postcode, region):
    assert region_of("ES", postcode) == region


def test_a_postcode_of_another_country_says_nothing():
    assert region_of("FR", "35000") == ""


def test_every_province_belongs_to_one_region():
    codes = " ".join(PROVINCES.values()).split()
    assert sorted(codes) == [f"{number:02}" for number in range(1, 53)]


def test_the_canaries_are_an_hour_behind_and_the_unknown_is_unknown():
    assert zone_of("ES-CN") == CANARY
    assert zone_of("ES-IB") == MADRID
    assert zone_of("") is None
    assert zone_of("PT-20") is None

"""Where a customer lives: region and zone from a postcode."""

import pytest

from postventa.calendars import holidays_for
from postventa.rules.places import CANARY, MADRID, PROVINCES, ZONES, region_among, region_of, zone_of


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


def test_a_province_says_it_where_the_postcode_does_not():
    assert region_of("ES", "", "GC") == "ES-CN"
    assert region_of("es", "", "es-b") == "ES-CT"
    assert region_of("ES", "", "XX") == ""


def test_of_several_addresses_the_first_that_tells_a_region_counts():
    here, there, nowhere = (
        {"country": "ES", "region": "TF"},
        {"country": "ES", "postcode": "08001"},
        {"country": "ES"},
    )
    assert region_among([here, there]) == "ES-CN"
    assert region_among([nowhere, there]) == "ES-CT"
    assert region_among([None, nowhere]) == ""


@pytest.mark.parametrize(
    ("country", "postcode", "region"),
    [
        ("FR", "35000", "FR"),
        ("PT", "1100-148", "PT"),
        ("PT", "9000-018", "PT-30"),
        ("PT", "9500-054", "PT-20"),
        ("US", "35004", ""),
        ("", "08001", ""),
    ],
)
def test_abroad_the_country_says_it(country, postcode, region):
    assert region_of(country, postcode) == region


def test_every_province_belongs_to_one_region():
    codes = " ".join(PROVINCES.values()).split()
    assert sorted(codes) == [f"{number:02}" for number in range(1, 53)]


def test_each_place_has_its_zone_and_the_unknown_has_none():
    assert zone_of("ES-CN") == CANARY
    assert zone_of("ES-IB") == zone_of("ES") == MADRID
    assert str(zone_of("PT-20")) == "Atlantic/Azores"
    assert str(zone_of("PT-11")) == "Europe/Lisbon"
    assert zone_of("") is None
    assert zone_of("US-NY") is None


def test_every_country_has_a_zone_that_exists_and_a_calendar():
    for region in ZONES:
        assert zone_of(region) is not None
        assert 2027 in holidays_for("ES", region).years

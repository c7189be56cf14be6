"""Where a customer lives, as far as the law asks: the autonomous community and the time zone, from a postcode."""

from zoneinfo import ZoneInfo

MADRID = ZoneInfo("Europe/Madrid")
CANARY = ZoneInfo("Atlantic/Canary")

PROVINCES = {
    "ES-AN": "04 11 14 18 21 23 29 41",
    "ES-AR": "22 44 50",
    "ES-AS": "33",
    "ES-CB": "39",
    "ES-CE": "51",
    "ES-CL": "05 09 24 34 37 40 42 47 49",
    "ES-CM": "02 13 16 19 45",
    "ES-CN": "35 38",
    "ES-CT": "08 17 25 43",
    "ES-EX": "06 10",
    "ES-GA": "15 27 32 36",
    "ES-IB": "07",
    "ES-MC": "30",
    "ES-MD": "28",
    "ES-ML": "52",
    "ES-NC": "31",
    "ES-PV": "01 20 48",
    "ES-RI": "26",
    "ES-VC": "03 12 46",
}
"""The autonomous communities by the provinces that begin their postcodes."""
LETTERS = (
    "VI AB A AL AV BA PM B BU CC CA CS CR CO C CU GI GR GU SS H HU J LE L LO LU M MA MU NA OR O P GC PO SA TF S SG SE "
    "SO T TE TO V VA BI ZA Z CE ML"
)
"""The provinces' letters in ISO 3166-2, from 01 to 52."""
_BY_LETTERS = {letters: f"{number:02}" for number, letters in enumerate(LETTERS.split(), 1)}
_COMMUNITY = {province: region for region, codes in PROVINCES.items() for province in codes.split()}


def region_of(country: str, postcode: str, province: str = "") -> str:
    """The autonomous community (ISO 3166-2) of a Spanish postcode, else of a province's letters as shops keep them.

    Empty where neither says one.
    """
    if country.upper() != "ES":
        return ""
    letters = province.strip().upper().removeprefix("ES-")
    return _COMMUNITY.get(postcode.strip()[:2]) or _COMMUNITY.get(_BY_LETTERS.get(letters, ""), "")


def zone_of(region: str) -> ZoneInfo | None:
    """The time zone of a Spanish region; None where it is unknown, which the rules know how to take."""
    if not region.startswith("ES-"):
        return None
    return CANARY if region == "ES-CN" else MADRID

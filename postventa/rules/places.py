"""Where a customer lives, as far as the law asks: the autonomous community and the time zone, from a postcode."""

from collections.abc import Iterable, Mapping
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
ZONES = {
    "AD": "Europe/Andorra",
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "BG": "Europe/Sofia",
    "CH": "Europe/Zurich",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid",
    "ES-CN": "Atlantic/Canary",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GR": "Europe/Athens",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome",
    "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "PT-20": "Atlantic/Azores",
    "PT-30": "Atlantic/Madeira",
    "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
}
"""The zone of each country that a shop here sells to, and of the parts that have their own."""
_BY_LETTERS = {letters: f"{number:02}" for number, letters in enumerate(LETTERS.split(), 1)}
_COMMUNITY = {province: region for region, codes in PROVINCES.items() for province in codes.split()}


def region_of(country: str, postcode: str, province: str = "") -> str:
    """Where that is, as in ISO 3166: the autonomous community in Spain, by the postcode, else by the province's letters.

    Abroad the country, and in Portugal the islands. Empty where nothing says it.
    """
    country, postcode = country.strip().upper(), postcode.strip()
    if country == "PT":
        return "PT-30" if "90" <= postcode[:2] < "95" else "PT-20" if postcode[:2] >= "95" else "PT"
    if country != "ES":
        return country if country in ZONES else ""
    letters = province.strip().upper().removeprefix("ES-")
    return _COMMUNITY.get(postcode[:2]) or _COMMUNITY.get(_BY_LETTERS.get(letters, ""), "")


def region_among(addresses: Iterable[Mapping[str, str] | None]) -> str:
    """The region of the first of these addresses that tells one; empty where none does."""
    found = (
        region_of(one.get("country", ""), one.get("postcode", ""), one.get("region", ""))
        for one in addresses
        if one
    )
    return next(filter(None, found), "")


def zone_of(region: str) -> ZoneInfo | None:
    """The time zone of a region or country; None where it is unknown, which the rules know how to take."""
    name = ZONES.get(region) or ZONES.get(region.partition("-")[0])
    return ZoneInfo(name) if name else None

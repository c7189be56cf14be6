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
_COMMUNITY = {province: region for region, codes in PROVINCES.items() for province in codes.split()}


def region_of(country: str, postcode: str) -> str:
    """The autonomous community (ISO 3166-2) of a Spanish postcode; empty where it says none."""
    if country.upper() != "ES":
        return ""
    return _COMMUNITY.get(postcode.strip()[:2], "")


def zone_of(region: str) -> ZoneInfo | None:
    """The time zone of a Spanish region; None where it is unknown, which the rules know how to take."""
    if not region.startswith("ES-"):
        return None
    return CANARY if region == "ES-CN" else MADRID

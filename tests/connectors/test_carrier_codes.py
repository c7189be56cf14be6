"""The carriers' tables of codes: what no row may say, whatever a carrier calls it."""

import re

import pytest

from postventa.connectors.carriers import _codes
from postventa.connectors.carriers._codes import BadTable, code_table, read_table
from postventa.rules.incidents import IncidentReason
from postventa.rules.shipments import NOTICES
from postventa.rules.shipments import ShipmentStatus as Is

TABLES = {file.stem: code_table(file.stem) for file in sorted(_codes.FOLDER.glob("*.toml"))}
ROWS = [
    (name, code, row, TABLES[name].words[code]) for name in TABLES for code, row in TABLES[name].rows.items()
]
GOOD = {"version": "x/1", "source": "a book"}


def test_every_table_names_its_carrier_and_its_version():
    assert len(TABLES) >= 8
    versions = [table.version for table in TABLES.values()]
    assert len(set(versions)) == len(versions)
    assert [one for one in versions if not re.fullmatch(r"[a-z-]+/20\d\d(-\d\d|\.\d)", one)] == []


def test_no_delivery_of_a_part_is_a_delivery_in_any_table():
    parts = [(name, code, row.status) for name, code, row, said in ROWS if "parcial" in said.casefold()]
    assert len(parts) >= 5
    assert [part for part in parts if part[2] is Is.DELIVERED] == []
    assert TABLES["gls_spain"].rows["8"].status is Is.IN_TRANSIT
    assert TABLES["ctt"].rows["12"].status is Is.IN_TRANSIT
    assert TABLES["seur"].rows["LI519"].status is Is.IN_TRANSIT


AT_A_SHOP = re.compile(
    r"parcelshop|pick ?up\b|locker|\bpunto\b|\bper\b|mrw point|access point|en agencia$|en oficina$"
)


def test_no_arrival_at_a_shop_or_a_locker_is_a_delivery_in_any_table():
    shops = [(name, code, row.status) for name, code, row, said in ROWS if AT_A_SHOP.search(said.casefold())]
    assert len(shops) >= 15
    assert [shop for shop in shops if shop[2] is Is.DELIVERED] == []
    assert TABLES["gls_spain"].rows["22"].status is Is.IN_TRANSIT
    assert TABLES["gls_spain"].rows["25"].status is Is.READY_FOR_PICKUP
    assert TABLES["seur"].rows["LI569"].status is Is.READY_FOR_PICKUP
    assert TABLES["ups"].rows["040"].status is Is.READY_FOR_PICKUP


DELIVERED = {
    "aftership": {"Delivered"},
    "correos": {"I010000V", "I01H210V"},
    "ctt": {"3"},
    "gls_spain": {"7"},
    "karrio": {"delivered"},
    "mrw": {"00"},
    "seur": {"LL001", "LL003", "LL020", "LL060", "LL872", "LM023", "LM024"},
    "ups": {"011", "026", "D"},
}


def test_what_counts_as_delivered_is_written_here_too():
    found = {
        name: {code for code, row in table.rows.items() if row.status is Is.DELIVERED}
        for name, table in TABLES.items()
    }
    assert found == DELIVERED


def test_reasons_are_given_where_something_went_wrong_and_only_there():
    explained = {*NOTICES, Is.CANCELLED} - {Is.OUT_FOR_DELIVERY, Is.READY_FOR_PICKUP}
    wrong = [(name, code) for name, code, row, _ in ROWS if row.reason and row.status not in explained]
    assert wrong == []
    assert {row.reason for _, _, row, _ in ROWS} >= {
        IncidentReason.CONSIGNEE_NOT_HOME,
        IncidentReason.CONSIGNEE_REFUSED,
        IncidentReason.CARRIER_DAMAGED_PARCEL,
        IncidentReason.CARRIER_PARCEL_LOST,
        IncidentReason.RETAILER_INCORRECT_DATA,
        IncidentReason.CUSTOMS_DOCUMENTATION,
        IncidentReason.WEATHER_DELAY,
    }


def test_words_may_only_take_a_delivery_back_never_make_one():
    for name, code, row, _ in ROWS:
        table = TABLES[name]
        assert table.meaning(code, "Entregado al destinatario").status is row.status, (name, code)
        if row.status is Is.DELIVERED:
            assert table.meaning(code, "Entrega parcial 1/2").status is Is.IN_TRANSIT, (name, code)
            assert table.meaning(code, "Entregado en parcelshop").status is Is.READY_FOR_PICKUP, (name, code)
        assert table.meaning(f"{code}?", "Entregado").status is Is.UNKNOWN, (name, code)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "source must be there"),
        ({"version": "", "source": "a"}, "version must be there"),
        (GOOD | {"arrived": {"1": "x"}}, r"\[arrived\] is none of our statuses"),
        (
            GOOD | {"exception": {"stolen": {"1": "x"}}},
            r"\[exception.stolen\] is none of our incident reasons",
        ),
        (GOOD | {"delivered": {"1": "x"}, "exception": {"1": "y"}}, "the code 1 has two rows"),
    ],
)
def test_a_table_that_cannot_be_right_says_where_it_is_wrong(written, said):
    with pytest.raises(BadTable, match=said):
        read_table(written, "x.toml")


def test_a_table_that_is_not_there_is_said():
    with pytest.raises(BadTable, match=r"nobody\.toml cannot be read"):
        code_table("nobody")

"""Files in a folder: how spreadsheets save them, files half written and files twice, and what becomes of each."""

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import fsspec
import pytest

from postventa import clock, settings
from postventa.connectors.doors import open_shop
from postventa.connectors.errors import NotThere
from postventa.connectors.shops import _filedrop_folder as folder
from postventa.connectors.shops import _filedrop_reports as reports
from postventa.connectors.shops._filedrop_cells import amount, decimal_mark, instant
from postventa.connectors.shops._filedrop_pieces import Fault
from postventa.connectors.shops._filedrop_tables import TABLES
from postventa.connectors.shops.filedrop import NotAllRead
from postventa.contract_reading import read_contract
from postventa.news import NotUnderstood
from postventa.rules.orders import FulfilmentState, PaymentState
from postventa.shipped import shipped
from postventa.store.inbox import InboxRow, QuarantineRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from tasks.orders import move_orders, poll_orders, reread_orders

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HEAD = (
    "order;placed_at;status;currency;total;email;name;address;country;product;quantity;line_total;tax_percent"
)
ROW = (
    "1001;22/11/2026 9:30;pagado;EUR;1.024,20;n@client.example;Núria Peña;Carrer Nou 1;ES;Taza;2;1.024,20;21"
)
IN_ENGLISH = (
    '1001,2026-11-22 09:30,paid,EUR,"1,024.20",n@client.example,Núria Peña,Carrer Nou 1,ES,Taza,2,1024.20,21'
)
AS_FORMULA = ROW.replace("Taza", '="Taza"')
ON_ONE_DATABASE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _now():
    with clock.clock_set_to(NOW):
        yield


@pytest.fixture
def drop(tmp_path):
    """Drops a file that was last written some minutes ago."""
    (tmp_path / "drop").mkdir()

    def put(name, written, minutes_ago=1.0):
        path = tmp_path / "drop" / name
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
        at = (NOW - timedelta(minutes=minutes_ago)).timestamp()
        os.utime(path, (at, at))
        return path

    put.folder = tmp_path / "drop"
    return put


def door_of(place, **more):
    section = {"platform": "filedrop", "url": str(place), "backfill_since": SINCE} | more
    return open_shop("tienda", settings.Shop(**section))


def polled(door):
    pages = list(door.changed_orders(SINCE))
    return [one for page in pages for one in page.heard], [why for page in pages for _, why in page.refused]


def put_away(door):
    """As a poll does; answers what turns its run red."""
    try:
        for page in door.changed_orders(SINCE):
            page.kept()
    except NotAllRead as red:
        return str(red)
    return ""


def only(door):
    (heard,), refused = polled(door)
    assert refused == []
    return door.read_order(json.loads(json.dumps(heard.raw)))


def beside(place, into):
    """The reports in a folder."""
    return [path.read_text("utf-8-sig") for path in sorted((place / into).glob("*.report.txt"))]


@pytest.mark.parametrize(
    "written",
    [
        f"{HEAD}\r\n{ROW}\r\n".encode("utf-8-sig"),
        f"{HEAD}\r\n{ROW}\r\n".encode("cp1252"),
        f"{HEAD}\r{ROW}\r".encode("mac_roman"),
        f"{HEAD}\n{ROW}\n".replace(";", "\t").encode("utf-16"),
        f"{HEAD}\n{ROW}\n".replace(";", "\t").encode("utf-16-le"),
        f"sep=;\r\n{HEAD}\r\n{ROW}".encode(),
        f"{HEAD.replace(';', ',')}\n{IN_ENGLISH}\n".encode(),
        f"{HEAD.upper().replace('_', ' ')};Notas\n{AS_FORMULA};\n\n;;;\n".encode(),
    ],
    ids=["utf-8 with mark", "windows", "mac", "utf-16", "utf-16 without mark", "sep=", "english", "formulae"],
)
def test_a_table_is_read_as_any_spreadsheet_saves_it(drop, written):
    drop("anything.csv", written)
    news = only(door_of(drop.folder))
    assert (news.ref, news.total, news.customer.name) == ("1001", Decimal("1024.20"), "Núria Peña")
    assert [(line.name, line.quantity, line.net + line.tax) for line in news.lines] == [
        ("Taza", 2, Decimal("1024.20"))
    ]
    assert news.placed_at == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert news.payment_state is PaymentState.PAID


def test_line_breaks_delimiters_and_quotes_within_quotes_are_text(drop):
    row = ROW.replace("Carrer Nou 1", '"Carrer Nou; 1\r\n2n ""B"""')
    drop("orders.csv", f"{HEAD}\r\n{row}\r\n{ROW.replace('1001', '1002')}\r\n")
    heard, _ = polled(door_of(drop.folder))
    assert [one.ref for one in heard] == ["1001", "1002"]
    assert heard[0].raw["address"] == 'Carrer Nou; 1\r\n2n "B"'


@pytest.mark.parametrize(
    ("cell", "others", "meant"),
    [
        ("1.234,50", [], "1234.50"),
        ("1,234.50 €", [], "1234.50"),
        ("1 234,5", [], "1234.5"),
        ("1.234.567", [], "1234567"),
        ("0,125", [], "0.125"),
        ("-12,10 EUR", [], "-12.10"),
        ("1.234", ["12,50"], "1234"),
        ("1.234", ["12.50"], "1.234"),
        ("1.234", ["12,50", "12.50"], "1.234 ?"),
        ("1.234", [], "1.234 ?"),
        ("12", [], "12"),
        ("doce", [], "doce"),
    ],
)
def test_an_amount_that_could_be_two_is_never_guessed(cell, others, meant):
    assert amount(cell, decimal_mark([cell, *others])) == meant


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("2026-11-22 09:30", "2026-11-22T08:30:00+00:00"),
        ("2026-07-01T09:30:00Z", "2026-07-01T09:30:00+00:00"),
        ("1/7/26 9:30", "2026-07-01T07:30:00+00:00"),
        ("01.07.2026", "2026-06-30T22:00:00+00:00"),
        ("25/10/2026 02:30", "2026-10-25T00:30:00+00:00"),
        ("11/22/2026 9:30", "11/22/2026 9:30"),
        ("46347,39", "46347,39"),
    ],
)
def test_a_time_is_the_shops_days_come_first_and_what_is_none_stays(cell, meant):
    assert instant(cell, settings.Shop(platform="x", url="drop", backfill_since=SINCE).zone) == meant


def test_a_file_that_is_still_written_to_waits(drop, monkeypatch):
    drop("orders.csv.part", f"{HEAD}\n{ROW}")
    drop("~$orders.csv", f"{HEAD}\n{ROW}")
    young = drop("orders.csv", f"{HEAD}\n{ROW}")
    just_now = clock.wall().timestamp() - 1
    os.utime(young, (just_now, just_now))
    door = door_of(drop.folder)
    assert polled(door) == ([], [])
    os.utime(young, (just_now - 60, just_now - 60))
    real = folder.Folder._stand
    looks = []

    def grows(self, path):
        looks.append(path)
        if len(looks) == 2:
            with young.open("ab") as file:
                file.write(b"\n")
        return real(self, path)

    monkeypatch.setattr(folder.Folder, "_stand", grows)
    assert polled(door) == ([], [])
    monkeypatch.setattr(folder.Folder, "_stand", real)
    os.utime(young, (just_now - 60, just_now - 60))
    assert [one.ref for one in polled(door)[0]] == ["1001"]


def test_rows_that_break_a_rule_hold_back_their_order_alone_and_the_report_says_what_to_do(drop):
    rows = [
        ROW.replace("1.024,20;21", "1.024,20;mucho"),
        ROW.replace("1001", "1002"),
        ROW.replace("1001", "1003").replace("Carrer Nou 1", "Carrer; Nou 1"),
        ROW.replace("1001", ""),
        ROW.replace("1001", "1005").replace("22/11/2026", "22/11/2027"),
        ROW.replace("1001", "1006").replace("EUR", ""),
    ]
    drop("pedidos.csv", "\n".join([HEAD, *rows]))
    door = door_of(drop.folder)
    heard, refused = polled(door)
    told = {}
    for one in heard:
        try:
            told[one.ref] = door.read_order(one.raw).ref
        except NotUnderstood as reason:
            told[one.ref] = str(reason).split(": ")[1]
    assert told == {
        "1001": "tax_percent_pattern",
        "1002": "1002",
        "1003": "row_shape",
        "1005": "placed_at_future",
        "1006": "currency_required",
    }
    assert [why.split(": ")[1] for why in refused] == ["order_required"]
    assert put_away(door).startswith("shops.tienda: pedidos.csv could not be read whole")
    (report,) = beside(drop.folder, "done")
    assert "Pedidos aceptados: 1; apartados: 4." in report
    for line in ("Línea 2, pedido 1001", "Línea 4, pedido 1003", "Línea 5: falta «order»", "Qué hacer"):
        assert line in report
    assert "Núria" not in report
    assert "client.example" not in report


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("libro.xlsx", b"PK\x03\x04 and so on", "CSV UTF-8"),
        ("a.csv", b"name;price\nTaza;3", "faltan columnas"),
        ("a.csv", HEAD.encode(), "ninguna fila"),
        ("a.csv", f'{HEAD}\n{ROW}\n1002;"open\n'.encode(), "a partir de la línea 3"),
        ("a.csv", f"{HEAD};total\n{ROW};1".encode(), "dos columnas «total»"),
        ("a.json", b"[{", "no es JSON"),
        ("a.csv", b"", "ninguna fila"),
        ("a.csv", f"{HEAD}\n{ROW}".encode() + b"\n\xe9", "no se reconoce su codificaci"),
    ],
)
def test_a_file_that_cannot_be_read_goes_to_failed_with_the_remedy(drop, name, written, said):
    drop(name, written)
    door = door_of(drop.folder)
    heard, refused = polled(door)
    assert heard == []
    assert len(refused) == 1
    assert name in put_away(door)
    (report,) = beside(drop.folder, "failed")
    assert said in report
    assert polled(door) == ([], [])


def test_json_lines_are_exact_and_a_bad_line_is_set_aside_alone(drop):
    told = {
        "order": 1001,
        "placed_at": "2026-11-22T08:30:00Z",
        "status": "shipped",
        "currency": "EUR",
        "total": 24.2,
        "paid_at": "2026-11-22T08:31:00Z",
        "lines": [{"product": "Taza", "quantity": 2, "line_total": 24.20, "tax_percent": 21, "sku": None}],
        "shipments": [{"tracking_number": "JD 01", "carrier": "DHL"}, {"tracking_number": "JD02"}],
        "refunds": [{"refund": "A", "amount": 2.1}],
        "secret": "never kept",
    }
    drop("orders.jsonl", json.dumps(told) + "\n{not json\n\n[1]\n")
    door = door_of(drop.folder)
    (heard,), refused = polled(door)
    assert "never kept" not in json.dumps(heard.raw)
    assert len(refused) == 2
    news = door.read_order(heard.raw)
    assert (news.total, news.lines[0].net, news.lines[0].tax) == (
        Decimal("24.2"),
        Decimal("20.00"),
        Decimal("4.2"),
    )
    assert [one.tracking_number for one in news.parcels] == ["JD01", "JD02"]
    assert news.payment_state is PaymentState.PARTIALLY_REFUNDED
    assert news.fulfilment_state is FulfilmentState.SHIPPED


def test_rows_that_say_otherwise_of_an_order_tell_it_anew_and_others_are_its_lines(drop):
    lines = [
        ROW,
        ROW.replace("Taza", "Tetera"),
        ROW.replace("pagado", "enviado"),
        ";".join(["1001"] + [""] * 12),
    ]
    drop("log.csv", "\n".join([HEAD, *lines[:2]]), minutes_ago=2)
    assert [line.name for line in only(door_of(drop.folder)).lines] == ["Taza", "Tetera"]
    drop("log.csv", "\n".join([HEAD, *lines]))
    news = only(door_of(drop.folder))
    assert [line.name for line in news.lines] == ["Taza"]
    assert (news.payment_state, news.fulfilment_state) == (PaymentState.PAID, FulfilmentState.SHIPPED)
    told = json.dumps(
        {"order": "1001", "lines": [{"product": "Plato", "quantity": 1, "line_total": 1, "tax_percent": 4}]}
    )
    drop("more.jsonl", f"{told}\n{told}", minutes_ago=0.5)
    assert [line.name for line in only(door_of(drop.folder)).lines] == ["Plato"]


def test_what_was_erased_is_not_missed_and_what_was_never_told_is_named(drop):
    drop("orders.csv", f"{HEAD}\n{ROW}")
    door = door_of(drop.folder)
    ((heard,), _) = polled(door)
    assert door.read_with(heard.raw, [{}, heard.raw]).ref == "1001"
    with pytest.raises(NotUnderstood, match="order 1001: order_untold: no file has told of the order itself"):
        door.read_with({"order": "1001", "shipments": []}, [{}])


def test_figures_that_do_not_add_up_are_told_before_a_letter_waits_for_them(drop):
    good = ROW.replace("1001", "1002").replace("1.024,20;2", "1.024,21;2")
    drop("orders.csv", "\n".join([HEAD, ROW.replace("EUR;1.024,20", "EUR;1.030,20"), good]))
    put_away(door_of(drop.folder))
    (report,) = beside(drop.folder, "done")
    assert "todo se ha leído bien" in report
    assert report.count("no suman «total»") == 1
    assert "Línea 2, pedido 1001: los artículos" in report


def test_the_shops_own_headings_and_a_number_with_a_slash(drop):
    drop("orders.csv", f"{HEAD.replace('order', 'Nº Pedido', 1)}\n{ROW.replace('1001', '#2026/0001')}\n")
    news = only(door_of(drop.folder, columns={"nº pedido": "order"}))
    assert (news.ref, news.number) == ("2026-0001", "2026/0001")
    with pytest.raises(settings.BadConfiguration, match=r"shops\.tienda\.columns names 'ordre'"):
        door_of(drop.folder, columns={"pedido": "ordre"})


def test_every_rule_of_the_contract_has_words_in_every_language_of_the_reports():
    tables = read_contract(shipped("data_contracts") / "inbound" / "filedrop.odcs.yaml").tables
    assert {table.name for table in tables} == set(TABLES)
    for path in reports.FOLDER.glob("*.toml"):
        words = reports._words(path.stem)
        for table in tables:
            for rule in table.rules:
                if rule.id != "key_unique":
                    assert reports.said_of(Fault(1, "1", rule.id, ""), words)
    assert {path.stem for path in reports.FOLDER.glob("*.toml")} >= {"es", "ca", "en"}


def test_any_storage_will_do_and_a_folder_that_is_not_there_is_named(drop, monkeypatch):
    monkeypatch.setattr(folder, "SETTLED", timedelta(0))
    storage = fsspec.filesystem("memory")
    storage.pipe_file("/a-drop/orders.csv", f"{HEAD}\n{ROW}".encode())
    door = door_of("memory://a-drop")
    assert only(door).ref == "1001"
    assert put_away(door) == ""
    assert polled(door) == ([], [])
    names = [Path(name).suffixes[-1] for name in storage.find("/a-drop")]
    storage.rm("/a-drop", recursive=True)
    assert sorted(names) == [".csv", ".txt"]
    with pytest.raises(NotThere, match=r"shops\.tienda\.url is .*make it"):
        door_of(drop.folder / "nowhere").check()


# --- in the store ---


@pytest.fixture
def shop(configuration, house, drop):
    configuration["shops"] = {
        "tienda": {"platform": "filedrop", "url": str(drop.folder), "backfill_since": SINCE}
    }
    return house()


def rows(place, table):
    with place.reading() as connection:
        return connection.execute(table.__table__.select().order_by(table.__table__.c[0])).all()


def hear():
    poll_orders.fn("tienda")
    reread_orders.fn("tienda")
    return move_orders.fn("tienda")


@ON_ONE_DATABASE
def test_killed_between_storing_and_moving_a_file_is_read_again_and_nothing_happens_twice(
    shop, drop, monkeypatch
):
    drop("orders.csv", f"{HEAD}\n{ROW}\n{ROW.replace('1001', '1002').replace('EUR', 'x')}\n")
    with monkeypatch.context() as killed:
        killed.setattr(
            folder.Folder, "put_away", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt("killed"))
        )
        with pytest.raises(KeyboardInterrupt):
            poll_orders.fn("tienda")
    assert len(rows(shop, InboxRow)) == 2
    again = poll_orders.fn("tienda")
    assert (again.heard, again.news) == (2, 0)
    assert move_orders.fn("tienda").applied == 1
    owed = len(rows(shop, OutboxRow))
    assert (len(rows(shop, OrderRow)), len(rows(shop, QuarantineRow))) == (1, 1)
    # Killed between the two steps of a move on storage without one: the copy is there, and so is the file.
    (done,) = (drop.folder / "done").glob("*.csv")
    at = done.stat().st_mtime
    (drop.folder / "orders.csv").write_bytes(done.read_bytes())
    os.utime(drop.folder / "orders.csv", (at, at))
    report = beside(drop.folder, "done")
    assert hear().applied == 0
    assert beside(drop.folder, "done") == report
    assert [path for path in drop.folder.iterdir() if path.is_file()] == []
    assert len(rows(shop, OutboxRow)) == owed


@ON_ONE_DATABASE
def test_the_same_bytes_do_nothing_the_same_order_is_an_update_and_older_news_undoes_nothing(shop, drop):
    drop("orders.csv", f"{HEAD}\n{ROW}", minutes_ago=60)
    hear()
    drop("copy.csv", f"{HEAD}\n{ROW}", minutes_ago=50)
    assert poll_orders.fn("tienda").heard == 0
    assert any("ya se leyó" in report for report in beside(drop.folder, "done"))
    drop("later.csv", f"{HEAD}\n{ROW.replace('pagado', 'preparado')}", minutes_ago=40)
    hear()
    drop("older.csv", f"{HEAD}\n{ROW.replace('pagado', 'pendiente')}", minutes_ago=55)
    hear()
    (order,) = rows(shop, OrderRow)
    assert (order.stage, order.payment_state) == ("ready_to_ship", "paid")
    assert rows(shop, QuarantineRow) == []


@ON_ONE_DATABASE
def test_an_order_is_told_in_pieces_over_days_and_a_parcel_may_come_before_its_order(shop, drop):
    drop("a.csv", "order;tracking_number;carrier;shipped_at\n1001;JD01;DHL;22/11/2026 10:00", minutes_ago=70)
    assert hear().quarantined == 1
    drop("b.csv", f"{HEAD}\n{ROW}", minutes_ago=60)
    hear()
    (order,) = rows(shop, OrderRow)
    assert order.stage == "shipped"
    drop("c.csv", "order;refund;amount\n1001;R-1;-24,20", minutes_ago=50)
    drop("d.csv", "order;product;quantity;line_total;tax_percent\n1001;Tetera;1;1.024,20;21", minutes_ago=40)
    hear()
    (order,) = rows(shop, OrderRow)
    assert order.payment_state == "partially_refunded"
    assert order.stage == "shipped"

"""An evidence pack tells the whole story, is checked with sha256sum alone, and says what is missing or was changed."""

import json
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from a_review_shop import WEB
from an_ask import an_ask
from an_order import fill, raw_order
from sqlalchemy import delete, select, update

from postventa import cli, clock, compensation
from postventa.clocks import start_clocks
from postventa.evidence import FolderInUse, draw_up
from postventa.files import Cabinet, attach
from postventa.store.casebook import NewCase, move, open_case, owe, say
from postventa.store.cases import AttachmentRow, CaseEntryRow, CaseLogRow, CaseRow
from postventa.store.evidence import NoSubject, subject_of
from postventa.store.messages import AttemptRow, OutboxRow
from postventa.store.orders import OrderRow, RefundRow
from postventa.store.shipments import ScanRow, ShipmentRow

NOW = datetime(2026, 11, 9, 21, 30, tzinfo=UTC)
ONCE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
LETTER = (
    b"From: Tienda <pedidos@tienda.example>\r\nTo: nuria@client.example\r\nSubject: R-2026-000001\r\n"
    b"Message-ID: <kept@tienda.example>\r\n\r\nHemos recibido su <b>reclamacion</b>.\r\n"
)
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def configuration(configuration, tmp_path):
    configuration["files"] = {"path": str(tmp_path / "files")}
    ana = {"name": "Ana Pons", "email": "ana@tienda.example"}
    configuration["desk"] = {"people": {"ana": ana}, "owner": "ana", "manager": "ana"}
    return configuration


def sent(connection, row_filter, message_id: str) -> None:
    """A message as a sender leaves it, with the server's words."""
    row = connection.execute(select(OutboxRow.__table__).where(row_filter)).one()
    values = {"outcome": "sent", "message_id": message_id, "settled_at": NOW, "words": "250 queued"}
    connection.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(values))
    attempt = {
        "outbox_id": row.id,
        "attempted_at": NOW,
        "outcome": "sent",
        "words": "250 queued",
        "sender": "x",
    }
    connection.execute(AttemptRow.__table__.insert(), attempt)


@pytest.fixture
def story(place) -> int:
    """An order that arrived, and a complaint about it with a photo, a receipt, a clock and a remedy."""
    fill(place, [raw_order(7, "completed", parcels=("JD7",))], NOW)
    settings, cabinet = place.settings, Cabinet(place.settings.files)
    with place.store.begin() as connection:
        order_id, customer_id = connection.execute(select(OrderRow.id, OrderRow.customer_id)).one()
        parcel = connection.execute(select(ShipmentRow.id)).scalar_one()
        scan = {"shipment_id": parcel, "fingerprint": "a", "status": "delivered", "raw_code": "delivered"}
        scan |= {
            "raw_text": "Delivered, signed by SOLER",
            "scanned_at": NOW,
            "zone_known": True,
            "place": "Girona",
        }
        connection.execute(ScanRow.__table__.insert(), scan | {"heard_at": NOW})
        refund = {
            "order_id": order_id,
            "ref": "901",
            "amount": Decimal("4.84"),
            "reason": "",
            "refunded_at": NOW,
        }
        connection.execute(RefundRow.__table__.insert(), refund)
        sent(connection, (OutboxRow.message == "received"), "<again@tienda.example>")
        new = NewCase(
            "tienda", "complaint", "Núria Soler", "nuria@client.example", "ca", "web", "f1", "received", NOW
        )
        new = NewCase(
            **{name: getattr(new, name) for name in new.__slots__}
            | {"order_id": order_id, "customer_id": customer_id}
        )
        case_id = open_case(connection, new, NOW, ZoneInfo("Europe/Madrid")).case_id
        said = say(
            connection,
            case_id,
            kind="statement",
            author="customer",
            text="La tassa s'ha trencat <script>",
            at=NOW,
            now=NOW,
            occasion="statement",
        )
        attach(connection, case_id, cabinet.keep(PHOTO, "trencada.png"), "evidence", entry_id=said, now=NOW)
        attach(connection, case_id, cabinet.keep(LETTER, "receipt.eml", "message/rfc822"), "letter", now=NOW)
        start_clocks(
            connection,
            settings,
            trigger="complaint.received",
            shop="tienda",
            events=[NOW],
            now=NOW,
            case_id=case_id,
        )
        owe(connection, case_id, "complaint_receipt", "once", NOW)
        sent(connection, OutboxRow.message == "complaint_receipt", "<kept@tienda.example>")
        compensation.propose(connection, settings, case_id, "damaged_item", who="ana", now=NOW)
        move(connection, case_id, "in_progress", who="ana", now=NOW + timedelta(hours=12))
    return case_id


def drawn(place, folder: Path, reference: str = "R-2026-000001"):
    with place.reading() as connection:
        return draw_up(connection, place.settings, subject_of(connection, reference), folder)


def check(sums: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sha256sum", "-c", "--quiet", sums], cwd=folder, capture_output=True, text=True, check=False
    )


def heads_by_hand(folder: Path) -> str:
    """The loop that verification.txt gives, run as it stands there."""
    text = (folder / "verification.txt").read_text("utf-8")
    loop = text[text.index("before=$(") : text.index('echo "head: $before"')] + 'echo "head: $before"'
    done = subprocess.run(
        ["bash", "-c", loop], cwd=folder / "cases/R-2026-000001", capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_case_s_pack_holds_its_story_with_every_proof(place, story, tmp_path):
    folder = tmp_path / "pack"
    pack = drawn(place, folder)
    assert (pack.problems, pack.missing, pack.cases) == ((), (), ("R-2026-000001",))
    page = (folder / "index.html").read_text("utf-8")
    for shown in (
        "Núria Soler",
        "La tassa s&#39;ha trencat &lt;script&gt;",
        "2026-11-09 22:30:00 CET",
        "LGDCU 21.3",
        "trencada.png",
        "Hemos recibido su &lt;b&gt;",
        "&lt;kept@tienda.example&gt;",
        "250 queued",
        "Delivered, signed by SOLER",
        "paid back 4.84 EUR",
        "Written again from today",
        "partial refund",
        "Ana Pons",
    ):
        assert shown in page, shown
    assert "http://" not in page.replace("http://127.0.0.1:9", "")
    story_told = json.loads((folder / "timeline.json").read_text("utf-8"))
    assert [one["at"] for one in story_told] == sorted(one["at"] for one in story_told)
    assert {"order", "stage", "scan", "refund", "said", "state", "file", "clock", "message"} == {
        one["kind"] for one in story_told
    }
    clocks = json.loads((folder / "cases/R-2026-000001/clocks.json").read_text("utf-8"))
    assert all(one["working"] and one["due_at"] for one in clocks)
    (letter,) = (folder / "cases/R-2026-000001/letters").iterdir()
    assert letter.read_bytes() == LETTER
    (again,) = (folder / "order/written-again").iterdir()
    assert "not the bytes that were sent" in message_from_bytes(again.read_bytes())["X-Postventa-Evidence"]


@ONCE
def test_only_its_owner_may_read_it(place, story, tmp_path):
    drawn(place, tmp_path / "pack")
    assert (tmp_path / "pack").stat().st_mode & 0o777 == 0o700
    everything = [tmp_path / "pack.zip", *(tmp_path / "pack").rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in everything} == {0}


@ONCE
def test_it_is_checked_with_sha256sum_alone(place, story, tmp_path):
    folder = tmp_path / "pack"
    drawn(place, folder)
    case = folder / "cases/R-2026-000001"
    for sums, where in (("MANIFEST.sha256", folder), ("LOG.sha256", case), ("SAID.sha256", case)):
        assert (where / sums).read_text("utf-8")
        assert check(sums, where).returncode == 0
    with place.reading() as connection:
        head = connection.execute(select(CaseRow.log_head)).scalar_one()
    assert heads_by_hand(folder) == f"head: {head}\n"
    assert head in (folder / "verification.txt").read_text("utf-8")
    (case / "letters" / next((case / "letters").iterdir()).name).write_bytes(b"forged")
    assert "FAILED" in check("MANIFEST.sha256", folder).stdout


@ONCE
def test_the_same_story_is_the_same_archive_whenever_it_is_drawn_up(place, story, tmp_path):
    (tmp_path / "other").mkdir()
    packs = []
    for number, folder in enumerate((tmp_path / "pack", tmp_path / "other/pack")):
        with clock.clock_set_to(NOW + timedelta(days=number)):
            drawn(place, folder)
        packs.append(folder.with_name("pack.zip").read_bytes())
    assert packs[0] == packs[1]
    with zipfile.ZipFile(tmp_path / "pack.zip") as packed:
        assert "pack/index.html" in packed.namelist()
        assert packed.testzip() is None


@ONCE
def test_an_order_s_pack_holds_its_cases(place, story, tmp_path):
    pack = drawn(place, tmp_path / "pack", "tienda:7")
    assert (pack.name, pack.cases) == ("tienda-7", ("R-2026-000001",))
    assert (tmp_path / "pack/cases/R-2026-000001/LOG.sha256").is_file()


@ONCE
def test_a_name_that_says_too_little_or_too_much_is_refused(place, story):
    fill(place, [raw_order(1)], NOW)
    with place.reading() as connection:
        with pytest.raises(NoSubject, match="1 may be any of R-2026-000001, tienda:1"):
            subject_of(connection, "1")
        with pytest.raises(NoSubject, match="no case and no order 99"):
            subject_of(connection, "99")


@ONCE
def test_a_file_that_is_gone_or_changed_is_named_and_the_pack_goes_on(place, story, tmp_path):
    kept = sorted(path for path in Path(place.settings.files.path).rglob("*") if path.is_file())
    kept[0].write_bytes(b"something else")
    kept[1].unlink()
    pack = drawn(place, tmp_path / "pack")
    said = " ".join(pack.missing)
    assert "was changed" in said
    assert "is not in" in said
    assert "no copy was kept of the message complaint_receipt" in said
    assert "(missing)" in (tmp_path / "pack/index.html").read_text("utf-8")
    assert check("MANIFEST.sha256", tmp_path / "pack").returncode == 0


@ONCE
def test_a_review_request_is_written_again_too_and_without_the_secret_the_pack_says_what_it_wants(
    configuration, house, place, story, tmp_path, monkeypatch
):
    configuration["web"] = dict(WEB)
    with place.store.begin() as connection:
        order = connection.execute(select(OutboxRow.__table__).where(OutboxRow.message == "received")).one()
        asked = {
            "message": "review_requested",
            "key": "asked",
            "message_id": "<a@tienda.example>",
            "facts": {"until_at": NOW.isoformat()},
        }
        copied = {name: value for name, value in order._asdict().items() if name != "id"}
        connection.execute(OutboxRow.__table__.insert(), copied | asked)
    an_ask(place, NOW, order_id=order.order_id)
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    assert drawn(house(), tmp_path / "pack", "tienda:7").missing == ()
    again = [path.name for path in (tmp_path / "pack/order/written-again").iterdir()]
    assert sorted(name[4:] for name in again) == ["received.eml", "review_requested.eml"]
    monkeypatch.delenv("POSTVENTA_WEB_SECRET")
    said = drawn(house(), tmp_path / "other", "tienda:7").missing
    assert ["POSTVENTA_WEB_SECRET" in one for one in said] == [True] * 2


@ONCE
def test_it_never_lands_among_other_files(place, story, tmp_path):
    with pytest.raises(FolderInUse):
        drawn(place, tmp_path)
    (tmp_path / "pack.zip").touch()
    with pytest.raises(FolderInUse):
        drawn(place, tmp_path / "pack")


@ONCE
@pytest.mark.parametrize(
    ("change", "sums"),
    [
        (update(CaseLogRow).where(CaseLogRow.position == 2).values(what="note"), "LOG.sha256"),
        (update(CaseEntryRow).where(CaseEntryRow.kind == "statement").values(text="Tot bé."), "SAID.sha256"),
        (delete(CaseEntryRow).where(CaseEntryRow.kind == "remedy"), "SAID.sha256"),
        (delete(AttachmentRow).where(AttachmentRow.role == "evidence"), ""),
        (update(AttachmentRow).where(AttachmentRow.role == "evidence").values(digest="0" * 64), ""),
    ],
)
def test_a_record_that_was_changed_is_drawn_up_all_the_same_and_says_so_loudly(
    house, place, story, tmp_path, capsys, monkeypatch, change, sums
):
    house()
    monkeypatch.setattr(
        "postventa.cli.house.migrate.version", lambda _store: type("V", (), {"is_current": True})
    )
    assert cli.run(["evidence", "R-2026-000001", "--out", str(tmp_path / "whole"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []
    with place.store.begin() as connection:
        assert connection.execute(change).rowcount == 1
    assert cli.run(["evidence", "R-2026-000001", "--out", str(tmp_path / "pack")]) == 1
    printed = capsys.readouterr()
    assert "THE RECORD IS BROKEN" in printed.err
    assert "personal data" in printed.out
    assert 'class="broken" role="alert"' in (tmp_path / "pack/index.html").read_text("utf-8")
    assert "the log is BROKEN" in (tmp_path / "pack/verification.txt").read_text("utf-8")
    if sums:
        assert check(sums, tmp_path / "pack/cases/R-2026-000001").returncode == 1

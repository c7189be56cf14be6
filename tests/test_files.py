"""The cabinet keeps what customers send: typed by its bytes, once, whole, and nothing that could run."""

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from postventa.file_types import clean_name, type_of
from postventa.files import FILES_A_CASE, Cabinet, CabinetTrouble, NotKept, attach
from postventa.sections import Files
from postventa.store.cases import AttachmentRow, CaseRow

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02"
MAIL = b"From: ana@correo.example\r\nDate: Mon, 2 Nov 2026 09:00:00 +0100\r\n\r\n<html>hola"
KEPT = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "image/png": PNG,
    "image/gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3",
    "video/mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2mp41",
    "video/quicktime": b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  \x00\x00\x00\x08wide",
    "text/plain": "El paquete llegó abierto, 3 < 5.".encode(),
}
NEVER = {
    "page.txt": b"<!DOCTYPE html><p>hola",
    "later.txt": b"hola <script>alert(1)</script>",
    "drawing.png": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "marked.txt": b"\xef\xbb\xbf \n<html>",
    "photo.jpg": b"MZ\x90\x00\x03\x00\x00\x00\x04",
    "photo.png": b"\x7fELF\x02\x01\x01\x00",
    "run.txt": b"#!/bin/sh\nrm -rf ~",
    "macros.pdf": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64),
    "sheet.txt": b"PK\x03\x04\x14\x00\x06\x00\x08\x00",
    "bytes.txt": b"hola\x00hola",
}


@pytest.fixture
def cabinet(tmp_path) -> Cabinet:
    return Cabinet(Files(path=str(tmp_path / "files"), max_megabytes=0.01))


@pytest.mark.parametrize(("media_type", "data"), KEPT.items(), ids=KEPT)
def test_what_a_customer_can_show_is_kept_by_its_bytes(media_type, data):
    assert type_of(data, "whatever.exe", "application/x-msdownload") == media_type


@pytest.mark.parametrize(("name", "data"), NEVER.items(), ids=NEVER)
def test_what_could_run_or_pass_for_a_page_is_refused_whatever_it_is_called(cabinet, name, data):
    with pytest.raises(NotKept, match="only photos") as refused:
        cabinet.keep(data, name, "image/png")
    assert refused.value.reason == "type"


def test_a_mail_is_a_mail_only_when_it_is_offered_as_one():
    assert type_of(MAIL, "carta.eml") == type_of(MAIL, "carta", "message/rfc822") == "message/rfc822"
    assert type_of(b"hola\r\n\r\n<html>", "carta.eml") is None


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\ana\\foto.PNG", "foto.PNG"),
        ("foto\x00\r\nuno.png", "foto uno.png"),
        ("gnp.\u202efdp.exe", "gnp. fdp.exe.png"),
        ("", "file.png"),
        (".png", "png.png"),
        ("a" * 500 + ".png", "a" * 116 + ".png"),
        ("árbol ñ.png", "árbol ñ.png"),
    ],
)
def test_a_name_is_only_a_name(name, cleaned):
    assert clean_name(name, "image/png") == cleaned


def test_the_same_bytes_are_kept_once_and_read_back_by_nobody_else(cabinet, tmp_path):
    with ThreadPoolExecutor(8) as hands:
        kept = list(hands.map(lambda number: cabinet.keep(PNG, f"{number}.png"), range(16)))
    (digest,) = {one.digest for one in kept}
    (path,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert path.relative_to(tmp_path / "files").parts == (digest[:2], digest[2:4], digest)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (kept[0].media_type, kept[0].size, cabinet.read(digest)) == ("image/png", len(PNG), PNG)


@pytest.mark.parametrize(("data", "reason"), [(b"", "empty"), (PNG + bytes(10_500), "too_large")])
def test_a_file_that_is_empty_or_too_large_is_refused_with_the_reason(cabinet, data, reason):
    with pytest.raises(NotKept) as refused:
        cabinet.keep(data, "foto.png")
    assert refused.value.reason == reason


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(cabinet, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("postventa.files.os.fsync", full)
    with pytest.raises(CabinetTrouble, match="the disk is full: make room"):
        cabinet.keep(PNG, "foto.png")
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_folder_that_is_not_ours_is_a_sentence(cabinet, monkeypatch):
    def not_ours(**_how):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("postventa.files.tempfile.mkstemp", not_ours)
    with pytest.raises(CabinetTrouble, match="give the folder to the user"):
        cabinet.keep(PNG, "foto.png")


def test_a_file_that_is_lost_or_changed_says_so(cabinet, tmp_path):
    digest = cabinet.keep(PNG, "foto.png").digest
    path = next(path for path in (tmp_path / "files").rglob(digest))
    path.write_bytes(PNG + b"!")
    with pytest.raises(CabinetTrouble, match="was changed"):
        cabinet.read(digest)
    path.unlink()
    with pytest.raises(CabinetTrouble, match="restore it"):
        cabinet.read(digest)
    with pytest.raises(CabinetTrouble, match="not the digest"):
        cabinet.read("../../etc/passwd")


def a_case(connection) -> int:
    texts = dict.fromkeys(("name", "email", "phone", "language", "region", "zone", "log_head"), "")
    values = texts | {
        "shop": "tienda",
        "family": "complaint",
        "number": "R-2026-000001",
        "key": "K",
        "state": "new",
        "source": "desk",
        "source_ref": "1",
        "opened_at": NOW,
        "recorded_at": NOW,
        "log_length": 0,
    }
    return connection.execute(CaseRow.__table__.insert().values(values)).inserted_primary_key[0]


def test_a_case_takes_ten_files_and_any_number_of_our_letters(cabinet, store):
    with store.begin() as connection:
        case_id = a_case(connection)
        files = [cabinet.keep(f"nota {number}".encode(), f"{number}.txt") for number in range(FILES_A_CASE)]
        for kept in [*files, *files]:
            attach(connection, case_id, kept, "evidence", now=NOW)
        one_more = cabinet.keep(b"una nota de mas", "once.txt")
        with pytest.raises(NotKept, match="takes 10 files") as refused:
            attach(connection, case_id, one_more, "evidence", now=NOW)
        attach(connection, case_id, one_more, "letter", now=NOW)
        rows = connection.execute(select(AttachmentRow.role)).scalars().all()
    assert refused.value.reason == "too_many"
    assert (rows.count("evidence"), rows.count("letter")) == (FILES_A_CASE, 1)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_only_old_files_that_no_case_names_are_orphans(cabinet, store, tmp_path):
    named, old, young, wanted_again = (cabinet.keep(f"nota {n}".encode(), "n.txt") for n in range(4))
    left = tmp_path / "files/new/left"
    left.write_bytes(b"half")
    before = time.time() - timedelta(days=2).total_seconds()
    for path in [left, *(paths_of(tmp_path, one) for one in (named, old, wanted_again))]:
        os.utime(path, (before, before))
    cabinet.keep(b"nota 3", "n.txt")
    with store.begin() as connection:
        attach(connection, a_case(connection), named, "evidence", now=NOW)
        found = [path.name for path in cabinet.orphans(connection)]
    assert found == ["left", old.digest]
    assert young.digest not in found


def paths_of(tmp_path: Path, kept) -> Path:
    return next((tmp_path / "files").rglob(kept.digest))

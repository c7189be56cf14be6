"""The export of a form becomes sheets of answers: once, whatever Excel did to it, and what is bad is set aside."""

from datetime import timedelta

import pytest
from a_toml import as_toml
from an_order import fill, raw_order
from sqlalchemy import select

from postventa import cli, clock
from postventa.store import migrate
from postventa.store.asks import AnswerRow
from postventa.store.inbox import QuarantineRow
from tasks.reactions import react_to_voices

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
COLUMNS = {
    "columns": {
        "answered_at": "Marca temporal",
        "order": "Número de pedido",
        "overall_experience": "¿Qué tal?",
        "what_was_wrong": "¿Qué pasaba?",
        "order_condition": "Estado",
        "comment": "Comentario",
    },
    "options": {"what_was_wrong": {"Roto": "damaged"}},
}
TABLE = """Marca temporal;Número de pedido;¿Qué tal?;Estado;¿Qué pasaba?;Comentario
01/11/2026 10:00:00;#7;1;2;Roto;"Llegó rota;
y nadie contesta"
01/11/2026 11:00:00;999;5.0;;;Genial
01/11/2026 12:00:00;7;11;;;
01/11/2027 12:00:00;7;5;;;
;;;;;

01/09/2026 12:00:00;7;1;;;Hace meses
"""


@pytest.fixture
def imports(house, configuration, monday, tmp_path, capsys, monkeypatch):
    configuration["desk"] = {"people": {"ana": {"name": "Ana", "email": "ana@t.example"}}, "owner": "ana"}
    place = house()
    fill(place, [raw_order(7)], monday)
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))
    columns = tmp_path / "columns.toml"
    columns.write_text(as_toml(COLUMNS), encoding="utf-8")
    file = tmp_path / "export.csv"

    def run(data, *more):
        file.write_bytes(data)
        words = ["survey", "import", str(file), "--survey", "delivery", "--shop", "tienda"]
        code = cli.run([*words, "--columns", str(columns), "--now", monday.isoformat(), *more])
        said = capsys.readouterr()
        return code, said.out + said.err

    return place, run


def rows(place, table):
    with place.reading() as connection:
        return connection.execute(select(table.__table__).order_by(table.id)).all()


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_an_export_is_read_once_whatever_excel_did_to_it(imports, monday, encoding):
    place, run = imports
    code, said = run(TABLE.encode(encoding))

    assert code == 0
    assert "5 rows: 3 new or changed, 0 known before, 2 set aside." in said
    assert "overall_experience: no number" in said
    assert "in the future" in said
    sheet = {row.question: row.number or row.text for row in rows(place, AnswerRow) if row.order_id == 1}
    assert sheet["what_was_wrong"] == "damaged"
    assert {row.order_id for row in rows(place, AnswerRow)} == {1, None}
    assert [row.kind for row in rows(place, QuarantineRow)] == ["answers", "answers"]

    assert "0 new or changed, 3 known before" in run(TABLE.encode(encoding))[1]
    assert "1 new or changed, 2 known before" in run(TABLE.replace("Genial", "Genial!").encode(encoding))[1]
    with clock.clock_set_to(monday + timedelta(hours=1)):
        done = react_to_voices.fn()
    assert (done.opened, done.offered) == (1, 1)

    offered = next(row for row in rows(place, AnswerRow) if row.testimonial)
    assert offered.text == "Genial!"
    assert cli.run(["testimonial", "approve", f"A{offered.id}"]) == 0
    assert cli.run(["testimonial", "approve", "A1"]) == 1
    assert cli.run(["testimonial", "decline", "12"]) == 2
    assert cli.run(["testimonial", "list"]) == 0


def test_a_file_that_is_no_such_table_is_refused_whole(imports):
    place, run = imports
    code, said = run(b"a,b\n1,2\n")
    assert code == 1
    assert "there is no column 'Marca temporal'" in said
    assert run(b"\xff\xfe\x00")[0] == 1
    assert rows(place, AnswerRow) == []

"""A customer asks to be forgotten: the words of closed cases go, and what the law wants kept stays and can be verified."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from a_mailbox import AMailbox
from a_sale import ARRIVED, DAY, ASale
from sqlalchemy import update

from postventa import cli, clock, returns
from postventa.complaints import Statement, file_complaint
from postventa.evidence import draw_up
from postventa.files import EVIDENCE, Cabinet, attach
from postventa.rules.complaints import Kind, Topic
from postventa.store.base import Base
from postventa.store.cases import AttachmentRow, CaseEntryRow, CaseLogRow, CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.complaints import ComplaintRow
from postventa.store.evidence import subject_of
from postventa.store.messages import OutboxRow
from postventa.store.orders import OrderRow
from postventa.verification import verify_log
from tasks.messages import send_messages
from tasks.returns import keep_sales

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
EMAIL = "nuria.7@client.example"
WORDS = (
    "Se me rompió al abrirla",
    "Desisteixo",
    "Fang a la sola",
    "Soler",
    EMAIL,
    "Carrer Nou",
)


@pytest.fixture
def sale(configuration, house, monkeypatch):
    configuration["desk"] = {
        "people": {"ana": {"name": "Ana Pons", "email": "ana@tienda.example"}},
        "owner": "ana",
    }
    configuration["adr"] = {"entity": "Junta Arbitral", "url": "https://adr.example"}
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "a-secret-that-only-these-tests-sign-with")
    monkeypatch.setattr("postventa.cli.house.migrate.version", lambda _: SimpleNamespace(is_current=True))
    with AMailbox() as mailbox:
        sale = ASale(house(smtp_port=mailbox.port)).sell({"JD1": ARRIVED})
        live_through(sale)
        yield sale


def live_through(sale):
    """A complaint that was answered and a return that was paid, both closed, with their letters sent and a photo."""
    settings = sale.place.settings
    said = Statement(
        shop="tienda",
        kind=Kind.COMPLAINT,
        topic=Topic.PRODUCT,
        text="Se me rompió al abrirla. Quiero otra.",
        language="es",
        name="Núria Soler",
        email=EMAIL,
        source="web",
        source_ref="t1",
        received_at=ARRIVED,
    )
    with clock.clock_set_to(ARRIVED), sale.place.store.begin() as connection:
        filed = file_complaint(connection, settings, said, ARRIVED)
        photo = Cabinet(settings.files).keep(b"\x89PNG\r\n\x1a\n" + bytes(40), "Núria.png")
        attach(connection, filed.case_id, photo, EVIDENCE)
    sale.declare(ARRIVED + DAY)
    at = ARRIVED + 2 * DAY
    with sale.place.store.begin() as connection:
        case_id = sale.case.id
        returns.receive(connection, settings, case_id, at=at, who="ana", now=at)
        returns.inspect(connection, settings, case_id, who="ana", now=at, finding="Fang a la sola.")
    sale.give_back("16.94", at)
    with clock.clock_set_to(at):
        keep_sales.fn()
        send_messages.fn("email")
    with sale.place.store.begin() as connection:
        returns.close(connection, case_id, who="ana", now=at)
        connection.execute(update(OrderRow).values(stage="delivered"))
        connection.execute(update(CaseRow).where(CaseRow.id == filed.case_id).values(closed_at=at))


def erase(sale, capsys, at=ARRIVED + 30 * DAY):
    code = cli.run(["erase", "--email", EMAIL, "--now", at.isoformat()])
    said = capsys.readouterr()
    return code, said.out + said.err


def everything(sale):
    return str([sale.rows(mapper.class_) for mapper in Base.registry.mappers])


def test_words_letters_and_files_go_and_number_dates_outcome_amounts_and_clocks_stay(sale, capsys):
    files = {row.digest for row in sale.rows(AttachmentRow)}
    clocks = [(row.rule_id, row.state, row.due_at, row.amount) for row in sale.rows(ClockRow)]
    lines = [(row.position, row.hash) for row in sale.rows(CaseLogRow)]
    assert len(files) >= 4
    assert [word for word in WORDS if word not in everything(sale)] == []

    code, said = erase(sale, capsys)

    assert code == 0, said
    assert f"1 orders, 2 cases and {len(files)} files" in said
    assert [word for word in WORDS if word in everything(sale)] == []
    assert sale.rows(ComplaintRow)[0].text == "erased on 2026-12-26"
    assert (sale.case.number, sale.case.state) == ("D-2026-000001", "closed")
    assert (sale.money.refunded_amount, sale.money.statement) == (Decimal("16.94"), "erased on 2026-12-26")
    assert [(row.rule_id, row.state, row.due_at, row.amount) for row in sale.rows(ClockRow)] == clocks
    made = next(row.facts for row in sale.rows(OutboxRow) if row.message == "refund_made")
    assert (made["refund_amount"], made["is_all"]) == ("16.94", True)
    assert [(row.position, row.hash) for row in sale.rows(CaseLogRow)][: len(lines)] != []
    assert set(lines) <= {(row.position, row.hash) for row in sale.rows(CaseLogRow)}
    assert sale.rows(AttachmentRow) == []
    kept = sale.place.settings.files.path
    assert [
        digest for digest in files if (Cabinet(sale.place.settings.files)._path(digest)).exists()
    ] == [], kept


def test_the_log_of_an_erased_case_can_be_verified_and_shows_whoever_writes_into_it(sale, capsys, tmp_path):
    erase(sale, capsys)
    ids = [row.id for row in sale.rows(CaseRow)]
    with sale.place.reading() as connection:
        assert [verify_log(connection, case_id) for case_id in ids] == [[], []]
        subject = subject_of(connection, "D-2026-000001")
        pack = draw_up(connection, sale.place.settings, subject, tmp_path / "pack")
    assert pack.problems == ()
    assert (
        "case D-2026-000001: words, letters and files were erased on 2026-12-26, at the customer's request"
        in pack.missing
    )
    (entry, *_) = [row for row in sale.rows(CaseEntryRow) if row.case_id == ids[-1]]
    with sale.place.store.begin() as connection:
        connection.execute(update(CaseEntryRow).where(CaseEntryRow.id == entry.id).values(text="I liked it."))
    with sale.place.reading() as connection:
        (problem,) = verify_log(connection, ids[-1])
    assert problem.startswith(f"entry {entry.id} (statement) was erased by line ")
    assert problem.endswith("and says something again")

"""What stands before the pages: reading records nothing, too much and too often are refused, and logs know nobody."""

import logging
import socket
from contextlib import ExitStack

import pytest
from a_visitor import rows, ticket_in
from limits.storage import MemoryStorage
from sqlalchemy import func, select

from postventa import links
from postventa.settings import BadConfiguration
from postventa.store.base import Base
from postventa.store.cases import CaseRow
from postventa.web import cases, guards
from postventa.web.reception import Reception, neighbourhood
from postventa.web.serving import Pages
from postventa.workplace import Workplace

SAID = {
    "kind": "query",
    "topic": "other",
    "text": "¿Cuándo llega?",
    "name": "Núria",
    "email": "n@correo.example",
}


def contents(place):
    """How many rows every table has."""
    with place.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def test_reading_a_page_records_nothing_whoever_prefetches_it(visitor, place):
    done = visitor.post("/complaint", data=SAID | {"ticket": ticket_in(visitor.get("/complaint"))})
    (case,) = rows(place, CaseRow)
    order, before = visitor.order_link(7001), contents(place)
    asked = {
        "act": "confirm",
        "line-1": "1",
        "name": "N",
        "ticket": "x",
        "text": "x",
        "number": case.number,
        "key": case.key,
    }
    paths = [
        "/",
        "/complaint",
        "/withdrawal",
        "/case",
        "/accessibility",
        done.url,
        links.case_link(place.settings, case.key),
    ]
    for path in [*paths, order, f"{order}/complaint", f"{order}/withdrawal"]:
        assert visitor.get(path, params=asked).status_code == 200
        assert visitor.head(path, params=asked).content == b""

    assert contents(place) == before


@pytest.fixture
def served_with(place, visitor):
    """Serves the same store with another [web], and sends the visitor there."""
    with ExitStack() as open_pages:

        def serve(**changes):
            web = place.settings.web.model_copy(update=changes)
            settings = place.settings.model_copy(update={"web": web})
            visitor.base = open_pages.enter_context(Pages(Workplace(settings, place.store))).url

        yield serve


def test_who_writes_too_often_waits_a_minute_and_reading_goes_on(served_with, visitor):
    served_with(requests_per_minute=2)
    sent = [visitor.post("/case") for _ in range(3)]

    assert [page.status_code for page in sent] == [422, 422, 429]
    assert sent[-1].headers["Retry-After"] == "60"
    assert "Espera un minuto" in sent[-1].text
    assert visitor.get("/case").status_code == 200


@pytest.mark.parametrize(("proxies", "told"), [((), [422, 429]), (("127.0.0.1",), [422, 422])])
def test_a_forwarded_address_is_believed_from_a_configured_proxy_alone(served_with, visitor, proxies, told):
    served_with(requests_per_minute=1, proxies=proxies)
    sent = [visitor.post("/case", headers={"X-Forwarded-For": f"203.0.113.{last}"}) for last in (7, 8)]

    assert [page.status_code for page in sent] == told


class OnOneShelf(MemoryStorage):
    """A counter that several processes reach, as they would reach a Redis."""

    STORAGE_SCHEME = ["shelf"]  # noqa: RUF012 - the library's own word
    shelf = MemoryStorage()

    def __init__(self, uri=None, *, wrap_exceptions=False, **options):
        super().__init__(uri, wrap_exceptions=wrap_exceptions)

    def acquire_entry(self, *asked, **more):
        return self.shelf.acquire_entry(*asked, **more)


def reception(place, monkeypatch, address):
    monkeypatch.setenv("COUNTER", address)
    web = place.settings.web.model_copy(update={"limits_env": "COUNTER", "requests_per_minute": 2})
    return Reception(Workplace(place.settings.model_copy(update={"web": web}), place.store))


def test_processes_that_share_a_counter_count_together(place, monkeypatch):
    both = [reception(place, monkeypatch, "shelf://here") for _ in range(2)]
    assert [one.may_write("203.0.113.7") for one in (*both, *both)] == [True, True, False, False]


def test_a_counter_that_does_not_answer_keeps_nobody_from_writing(place, monkeypatch, caplog):
    alone = reception(place, monkeypatch, "redis://:a-password@127.0.0.1:9/0")
    assert [alone.may_write("203.0.113.7") for _ in range(3)] == [True, True, False]
    assert "this process counts for itself" in caplog.text
    assert "a-password" not in caplog.text


def test_an_address_that_is_no_counters_stops_the_start_without_being_repeated(place, monkeypatch):
    with pytest.raises(BadConfiguration, match="the variable COUNTER holds no address of a Redis") as wrong:
        reception(place, monkeypatch, "mysql://root:a-password@db")
    assert "a-password" not in str(wrong.value)


def test_a_customer_with_a_whole_network_of_addresses_is_one_customer():
    assert neighbourhood("2001:db8:1:2:3::4") == neighbourhood("2001:db8:1:2::9")
    assert neighbourhood("203.0.113.7") != neighbourhood("203.0.113.8")


def test_more_than_a_form_may_weigh_is_refused_in_words(visitor):
    whole = visitor.post("/complaint", files={"files": ("film.mp4", b"0" * 7 * 2**20)})
    field = visitor.post("/complaint", data=SAID | {"text": "x" * (2 * 2**20)})

    assert (whole.status_code, field.status_code) == (413, 413)
    assert "Es demasiado grande" in whole.text
    assert "lo que escribiste sigue ahí" in field.text


def test_who_stops_in_the_middle_of_a_form_is_told_so_and_holds_nothing(pages, monkeypatch):
    monkeypatch.setattr(guards, "PAUSE_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", int(pages.url.rpartition(":")[2])), timeout=10) as slow:
        slow.sendall(
            b"POST /ayuda/case HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nnumber="
        )
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_a_failure_of_ours_is_a_page_and_the_log_names_the_place_and_nobody(visitor, monkeypatch, caplog):
    def fails(*_args):
        raise ValueError("núria@correo.example is in the message")

    monkeypatch.setattr(cases, "_ask", fails)
    with caplog.at_level(logging.DEBUG):
        page = visitor.get("/case")

    assert page.status_code == 500
    assert "Ha fallado algo nuestro" in page.text
    assert "Content-Security-Policy" in page.headers
    assert "ValueError" in caplog.text
    assert "correo.example" not in caplog.text

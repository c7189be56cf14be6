"""Signed links: they carry ids and no person, last as long as an untold customer may withdraw, and cannot be made up."""

import os
from datetime import timedelta

import pytest
from a_dossier import a_dossier, owed
from itsdangerous.encoding import base64_decode

from postventa import clock, links
from postventa.letters import Desk
from postventa.messages import render
from postventa.settings import BadConfiguration, Channel


def token(visitor):
    return visitor.order_link(7001).rpartition("/")[2]


def test_a_link_leads_to_its_order_and_carries_nothing_but_ids(visitor, settings):
    written = token(visitor)

    assert links.read_order_link(settings, written) == ("tienda", 1)
    assert base64_decode(written.split(".")[0]) == b'["tienda",1]'


def test_a_link_to_an_order_opens_no_case_and_a_changed_one_opens_nothing(visitor, settings):
    written = token(visitor)

    with pytest.raises(links.NoSuchLink):
        links.read_case_link(settings, written)
    assert visitor.get(f"/order/{written[:-2]}xx").status_code == 404


def test_an_old_link_says_so(visitor, settings):
    link = visitor.order_link(7001)
    with clock.clock_set_to(clock.now() + links.LASTS + timedelta(seconds=1)):
        page = visitor.get(link)

    assert page.status_code == 403
    assert "ha caducado" in page.text


def test_after_the_secret_was_changed_older_links_work_while_the_old_one_is_kept(settings, monkeypatch):
    old = links.order_token(settings, "tienda", 1)
    kept = os.environ["POSTVENTA_WEB_SECRET"]
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", f"{kept} {'n' * 40}")
    new = links.order_token(settings, "tienda", 1)
    assert links.read_order_link(settings, old) == ("tienda", 1)

    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "n" * 40)
    assert links.read_order_link(settings, new) == ("tienda", 1)
    with pytest.raises(links.NoSuchLink):
        links.read_order_link(settings, old)


def test_without_an_address_there_are_no_links_and_a_short_secret_is_refused(settings, monkeypatch):
    nowhere = settings.model_copy(update={"web": settings.web.model_copy(update={"url": ""})})
    assert links.order_link(nowhere, "tienda", 1) == links.case_link(nowhere, "KEY") == ""

    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "short")
    with pytest.raises(BadConfiguration, match="import secrets"):
        links.case_link(settings, "KEY")


def test_a_mail_about_an_order_leads_to_its_page_only_where_there_are_pages(settings):
    channel = Channel.model_validate({"adapter": "console", "from": "Tienda <p@tienda.example>"})
    nowhere = settings.model_copy(update={"web": settings.web.model_copy(update={"url": ""})})
    bare, linked = (
        render("received", Desk(a_dossier(), chosen, channel)._view(owed("received", facts=None)))
        for chosen in (nowhere, settings)
    )

    link = links.order_link(settings, "tienda", 7)
    assert link in linked.text
    assert link in linked.html
    assert "posventa.tienda.example" not in bare.text + bare.html
    assert linked.text.replace(f"{_said_before(linked.text)}{link}\n\n", "") == bare.text


def _said_before(text):
    (line,) = [line for line in text.splitlines() if line.startswith("Sigue tu pedido")]
    return f"{line}\n"

"""The pages in a real browser without JavaScript, on a telephone and by night: no barrier, nothing from elsewhere."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from a_visitor import rows
from an_ask import an_ask
from axe_playwright_python.base import AXE_FILE_PATH

from postventa import clock, links
from postventa.store.asks import AnswerRow
from postventa.store.cases import CaseRow
from postventa.store.consents import ConsentRow
from postventa.web import drawing, visits
from postventa.web.words import PAGES

pytestmark = pytest.mark.browser
AXE = AXE_FILE_PATH.read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Walk:
    """One person's way through the pages; every page is looked at for barriers on arrival."""

    def __init__(self, context, pages, visitor, *, can_look):
        self.page, self.can_look = context.new_page(), can_look
        self.page.set_default_timeout(10_000)
        self.site, self.visitor, self.refused, self.foreign = f"{pages.url}/ayuda", visitor, [], []
        self.rules = {}
        self.page.on("console", lambda said: self.refused.append(said.text))
        self.page.on("request", self.note)

    def note(self, request):
        if not request.url.startswith(self.site):
            self.foreign.append(request.url)

    def at(self, link):
        return link.replace("https://posventa.tienda.example/ayuda", self.site)

    def order(self, page=""):
        return self.at(self.visitor.order_link(7001, page))

    def go(self, url):
        self.page.goto(url if url.startswith("http") else f"{self.site}{url}")
        return self.look()

    @contextmanager
    def leading(self):
        """What is done within leads to another page, which is there, whole and looked at, when it ends."""
        with self.page.expect_navigation():
            yield
        self.look()

    def press(self, name):
        with self.leading():
            self.page.get_by_role("button", name=name, exact=True).click()
        return self.page

    def look(self):
        width = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert width <= 0, f"{self.page.url} is {width} pixels too wide"
        if self.can_look:
            self.page.evaluate(AXE)
            asked = json.dumps({"runOnly": TAGS, "resultTypes": ["violations"], "rules": self.rules})
            told = "found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)])"
            assert self.page.evaluate(f"axe.run({asked}).then({told})") == [], self.page.url
        return self.page


@pytest.fixture
def walk(browser, pages, visitor):
    opened = []

    def start(*, scripts=True, **options):
        context = browser.new_context(java_script_enabled=scripts, locale="es-ES", **options)
        opened.append(Walk(context, pages, visitor, can_look=scripts))
        return opened[-1]

    yield start
    for one in opened:
        one.page.context.close()
        assert one.foreign == []
        assert [said for said in one.refused if "Content Security Policy" in said] == []


SAME_COLOURS = {"color-contrast": {"enabled": False}}
"""What is looked at in one language already is slow to measure, and no language has colours of its own."""
PHONE = {"viewport": {"width": 320, "height": 700}}


def test_a_complaint_on_a_small_telephone_from_the_front_page_to_its_case(walk, place):
    way = walk(**PHONE)
    way.go("/")
    with way.leading():
        way.page.get_by_role("link", name="Escribirnos").click()
    page = way.press("Enviar")
    assert page.evaluate("document.activeElement.className") == "summary"
    page.get_by_role("link", name="Escribe tu nombre.").click()
    assert page.evaluate("document.activeElement.id") == "name"
    page.get_by_label("Nombre y apellidos").fill("Núria Soler")
    page.get_by_label("Correo electrónico").fill("nuria@correo.example")
    page.get_by_label("Reclamación").check()
    page.get_by_label("¿Sobre qué trata?").select_option("product")
    page.get_by_label("Cuéntanoslo").fill("Llegó rota.")
    page.get_by_label("Archivos").set_input_files(
        {"name": "nota.txt", "mimeType": "text/plain", "buffer": b"Rota."}
    )
    page = way.press("Enviar")
    (case,) = rows(place, CaseRow)
    assert case.key in page.content()
    assert "Núria" not in page.title() + page.url
    with way.leading():
        page.get_by_role("link", name="Ver cómo va").click()
    page.get_by_label("Mensaje").fill("Era azul.")
    assert "Lo hemos añadido" in way.press("Añadir al caso").content()

    way.go("/case")
    page.get_by_label("Número").fill(case.number)
    page.get_by_label("Clave").fill(case.key)
    assert "Era azul." in way.press("Consultar").content()


def test_a_withdrawal_by_keyboard_alone_without_javascript(walk, place):
    way = walk(scripts=False, **PHONE)
    page = way.go(way.order())
    link = page.get_by_role("link", name="desistir del contrato aquí", exact=True)
    link.focus()
    with way.leading():
        page.keyboard.press("Enter")
    assert page.url.endswith("/withdrawal")
    page.get_by_label("Nombre y apellidos").focus()
    page.keyboard.type("Núria Soler")
    with way.leading():
        page.keyboard.press("Enter")
    page.get_by_role("button", name="confirmar desistimiento", exact=True).focus()
    assert rows(place, CaseRow) == []
    with way.leading():
        page.keyboard.press("Enter")
    assert "Hemos recibido tu desistimiento" in page.content()
    with way.leading():
        page.get_by_role("link", name="Ver cómo va").click()
    assert "Ya has desistido de todo este pedido" in way.go(way.order("withdrawal")).content()


def test_no_page_has_a_barrier_by_night_nor_at_twice_the_size(walk):
    way = walk(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    pages = {way.order(): "ca", "/withdrawal": "en", "/accessibility": "ca", "/nowhere": "en"}
    for path, language in pages.items():
        page = way.go(f"{path}?lang={language}")
        assert page.evaluate("document.documentElement.lang") == language
    page = way.go(f"{way.order('withdrawal')}?lang=ca")
    page.locator("#name").fill("Núria Soler")
    with way.leading():
        page.locator("button[value=check]").click()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    way.look()


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_no_page_of_ours_has_a_barrier_in_any_language(walk, place, monkeypatch, language):
    drawn, way = set(), walk(**PHONE)
    way.rules = {} if language == "es" else SAME_COLOURS
    monkeypatch.setattr(visits, "draw", lambda page, **words: drawn.add(page) or drawing.draw(page, **words))

    def go(path):
        page = way.go(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.evaluate("document.documentElement.lang") == language

    def send(**typed):
        for name, words in typed.items():
            way.page.locator(f"#{name}").fill(words)
        with way.leading():
            way.page.locator("main form button[type=submit]").first.click()

    for path in ("/", "/accessibility", "/nowhere", "/case", way.order(), "/complaint"):
        go(path)
    send()
    way.page.locator("input[name=kind]").first.check()
    way.page.locator("select[name=topic]").select_option("product")
    send(text="Rota.", name="Núria", email="nuria@correo.example")
    go("/withdrawal")
    send()
    way.page.locator("input[name=scope]").first.check()
    send(order="7002", name="Núria", email="nuria.7002@client.example")
    go(way.order("withdrawal"))
    send(name="Núria")
    send()
    go(way.order("withdrawal"))
    for case in rows(place, CaseRow):
        go(way.at(links.case_link(place.settings, case.key)))
    go(way.at(links.opt_out_link(place.settings, "tienda", 1)))
    send()
    go(way.at(links.survey_link(place.settings, an_ask(place, clock.now()), answer=2)))
    send()
    go(way.at(links.survey_link(place.settings, an_ask(place, clock.now() - timedelta(days=90), order_id=2))))
    ours = {page.name for page in PAGES.glob("*.html")} - {"frame.html", "parts.html"}
    assert ours - drawn == set()


def test_a_survey_by_one_tap_on_a_telephone_and_by_keyboard(walk, place):
    ask_id = an_ask(place, clock.now())
    way = walk(**PHONE)
    base = "https://posventa.tienda.example/ayuda"
    page = way.go(links.survey_link(place.settings, ask_id, answer=2).replace(base, way.site))
    page.get_by_role("radio", name="2", exact=True).and_(page.locator("[name=order_condition]")).check()
    page.get_by_label("Quieres contarnos").fill("Llegó rota.")
    way.press("Enviar")
    page.get_by_label("Llegó roto o estropeado").check()
    assert "Gracias" in way.press("Enviar").content()
    assert {row.question for row in rows(place, AnswerRow)} == {
        *("overall_experience", "order_condition", "comment", "what_was_wrong")
    }

    way = walk(scripts=False)
    page = way.go(links.survey_link(place.settings, ask_id).replace(base, way.site))
    page.locator("#nps").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    with way.leading():
        page.keyboard.press("Enter")
    assert "/thanks" in page.url
    assert [row.number for row in rows(place, AnswerRow, question="nps")] == [1]


def test_somebody_refuses_on_a_telephone_and_by_keyboard(walk, place):
    site = "https://posventa.tienda.example/ayuda"
    link = links.opt_out_link(place.settings, "tienda", 1)
    way = walk(**PHONE)
    page = way.go(link.replace(site, way.site))
    assert rows(place, ConsentRow) == []
    page.get_by_label("Solo encuestas").check()
    assert "O-2026-000001" in way.press("No me enviéis más").content()

    way = walk(scripts=False, viewport={"width": 1280, "height": 900}, color_scheme="dark")
    page = way.go(link.replace(site, way.site))
    page.get_by_role("button", name="No me enviéis más", exact=True).focus()
    with way.leading():
        page.keyboard.press("Enter")
    assert "O-2026-000002" in page.content()
    assert [row.message_class for row in rows(place, ConsentRow)] == ["relationship", "all"]

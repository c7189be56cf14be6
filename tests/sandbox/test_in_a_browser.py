"""The mailbox's pages in a real browser: they can be used, by everybody, and a hostile mail does nothing."""

import shutil
import smtplib
from email.message import EmailMessage

import pytest

from postventa.sandbox.server import Sandbox
from postventa.sandbox.settings import SandboxSettings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it"),
]
HOSTILE = "<h1>Hola</h1><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def box():
    with Sandbox(SandboxSettings(orders=3)) as sandbox:
        with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
            for number in range(3):
                mail = EmailMessage()
                mail["From"], mail["To"] = "pedidos@tienda.example", f"cliente{number}@correo.example"
                mail["Subject"] = f"Pedido {10001 + number} recibido"
                mail["X-Postventa-Message"], mail["X-Postventa-Order"] = "received", str(10001 + number)
                mail.set_content("Hola")
                mail.add_alternative(HOSTILE, subtype="html")
                smtp.send_message(mail)
        yield sandbox


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield started
        started.close()


@pytest.fixture
def page(browser, box):
    opened = browser.new_page(viewport={"width": 390, "height": 800})
    opened.complaints = []
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.goto(f"{box.url}/mailbox")
    yield opened
    opened.close()


def test_a_mail_is_found_by_its_order_and_opened_by_keyboard(page):
    page.get_by_role("searchbox").first.fill("10002")
    with page.expect_navigation(url="**10002**"):
        page.keyboard.press("Enter")
    links = page.get_by_role("link", name="Pedido 10002 recibido")
    assert links.count() == 1
    links.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert "Pedido 10002 recibido" in page.get_by_role("heading", level=1).inner_text()
    assert page.complaints == []


def test_a_hostile_mail_is_shown_and_runs_nothing(page):
    with page.expect_navigation():
        page.get_by_role("link", name="Pedido 10001 recibido").first.click()

    frame = page.frames[-1]
    assert frame.get_by_role("heading", name="Hola").count() == 1
    assert "taken" not in page.title()
    assert "taken" not in frame.title()


def test_the_pages_fit_a_telephone(page):
    widest = page.evaluate("document.documentElement.scrollWidth")

    assert widest <= 390

import shutil
import smtplib
from email.message import EmailMessage

import pytest

CHROMIUM = shutil.which("chromium")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs /usr/bin/chromium")
def test_a_script_in_a_mail_does_not_run_and_the_pages_fit_a_phone(fresh):
    from playwright.sync_api import sync_playwright

    mail = EmailMessage()
    mail["To"] = "client@correo.example"
    mail["Subject"] = "<script>document.title='taken'</script>"
    mail.set_content("Hola")
    mail.add_alternative(
        "<p id='words'>Hola</p><img src=x onerror=\"document.body.innerHTML='taken'\">"
        "<script>document.body.innerHTML='taken'; parent.document.title='taken'</script>",
        subtype="html",
    )
    with smtplib.SMTP("127.0.0.1", fresh.sandbox.smtp_port, timeout=10) as line:
        line.send_message(mail, "a@tienda.example", ["client@correo.example"])
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 375, "height": 700})
        page.goto(f"{fresh.sandbox.url}/mailbox/view/1")
        assert page.frame_locator("iframe").locator("#words").inner_text() == "Hola"
        assert page.title() == "<script>document.title='taken'</script>"
        for path in ("/", "/mailbox", "/mailbox/view/1", "/mailbox/view/1?show=source"):
            page.goto(fresh.sandbox.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") == 375
        browser.close()

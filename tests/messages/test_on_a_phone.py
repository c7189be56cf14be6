"""A mail in a real browser as wide as a telephone: whatever a shop or a customer has written, nothing sticks out."""

import shutil
from dataclasses import replace

import pytest

from postventa.messages import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it")
def test_a_word_without_end_stays_inside_the_mail(full):
    from playwright.sync_api import sync_playwright

    endless = "x" * 300
    line = replace(full.order.lines[0], name=endless)
    view = replace(full, customer_name=endless, order=replace(full.order, lines=(line,)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        page = browser.new_page(viewport={"width": 375, "height": 800})
        page.set_content(render("received", view).html)
        width = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert width <= 375

"""A mail in a real browser as wide as a telephone: whatever a shop or a customer has written, nothing sticks out."""

import shutil
from dataclasses import replace

import pytest

from postventa.messages import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


LINES = "cell => { const all = document.createRange(); all.selectNodeContents(cell); return all.getClientRects().length }"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make browser` installs it"),
]


@pytest.fixture(scope="module")
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield browser.new_page(viewport={"width": 375, "height": 800})
        browser.close()


def test_a_word_without_end_stays_inside_the_mail(full, page):
    endless = "x" * 300
    line = replace(full.order.lines[0], name=endless)
    page.set_content(
        render(
            "received", replace(full, customer_name=endless, order=replace(full.order, lines=(line,)))
        ).html
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    parcel = replace(full.parcel, carrier=endless, tracking_number=endless)
    page.set_content(render("shipped", replace(full, parcel=parcel)).html)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_no_word_of_ours_and_no_number_to_copy_is_broken_in_two(full, page):
    page.set_content(render("shipped", replace(full, language="es")).html)
    for word in ("Transportista", full.parcel.tracking_number):
        assert page.get_by_text(word, exact=True).last.evaluate(LINES) == 1

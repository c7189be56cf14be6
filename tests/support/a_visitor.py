"""A visitor of the customers' pages without a screen, and what they find in a page and leave in the store."""

import re

import requests
from sqlalchemy import select

from postventa import links
from postventa.workplace import Workplace


class Visitor(requests.Session):
    """A browser without a screen: it keeps cookies, and asks below the pages' own address."""

    def __init__(self, place: Workplace, url: str) -> None:
        super().__init__()
        self.place, self.base = place, url
        self.headers["Accept-Language"] = "es"

    def request(self, method: str, url: str, **more) -> requests.Response:
        path = url.replace(self.place.settings.web.url, "")
        where = path if path.startswith("http") else f"{self.base}/ayuda{path}"
        answer = super().request(method, where, **{"timeout": 20, **more})
        for cookie in self.cookies:
            cookie.secure = False  # the proxy in front speaks https; this test is its inner side
        return answer

    def order_link(self, ref: int, page: str = "") -> str:
        """The address of the order 7001 (the first in the store) or 7002, as mails carry it."""
        return links.order_link(self.place.settings, "tienda", ref - 7000, page)


def ticket_in(page: requests.Response) -> str:
    return re.search(r'name="ticket" value="([^"]+)"', page.text)[1]


def rows(place: Workplace, table, **where):
    with place.reading() as connection:
        wanted = select(table.__table__)
        for name, value in where.items():
            wanted = wanted.where(getattr(table, name) == value)
        return connection.execute(wanted).all()

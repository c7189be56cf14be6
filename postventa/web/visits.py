"""A visit: who comes through the door with what language and cookie, and the pages they are handed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from postventa import wording
from postventa.settings import Settings, Shop
from postventa.web import tickets
from postventa.web.drawing import draw, style_sheet
from postventa.web.reception import Reception
from postventa.web.words import known, preferred, spoken, words_in

Errors = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a visitor. `language` is theirs; `is_chosen` if they picked it themselves."""

    reception: Reception
    request: Request
    browser: str
    language: str
    is_chosen: bool
    shop: str = ""

    @property
    def settings(self) -> Settings:
        return self.reception.place.settings

    @property
    def words(self) -> dict[str, Any]:
        return words_in(self.language)

    @property
    def is_writing(self) -> bool:
        return self.request.method == "POST"

    @property
    def shop_name(self) -> str:
        """The shop the page is about; the company where it may be any."""
        shop = self.about_shop
        return (shop.display_name if shop else "") or self.settings.company.legal_name

    @property
    def about_shop(self) -> Shop | None:
        only = next(iter(self.settings.shops)) if len(self.settings.shops) == 1 else ""
        return self.settings.shops.get(self.shop or only)

    def shops(self) -> dict[str, str]:
        """The shops to choose from, as customers know them; none where there is no choice."""
        named = {name: shop.display_name or name for name, shop in self.settings.shops.items()}
        return named if len(named) > 1 else {}

    def about(self, shop: str, language: str | None) -> "Visit":
        """The same visit once it is known which shop and whose language it is about; a chosen language stays."""
        spoken_there = None if self.is_chosen else known(language)
        return replace(self, shop=shop, language=spoken_there or self.language)

    def path(self, path: str, **asked: str) -> str:
        """Where a link of ours leads: below the pages' own address, in the chosen language."""
        query = asked | ({"lang": self.language} if self.is_chosen else {})
        return f"{self.reception.base}{path}{'?' if query else ''}{urlencode(query)}"

    def go(self, path: str, **asked: str) -> RedirectResponse:
        """To another page, after something was recorded."""
        return RedirectResponse(self.path(path, **asked), 303)

    def page(
        self, template: str, status: int = 200, *, with_form: bool = False, **values: Any
    ) -> HTMLResponse:
        """A page in the visitor's language. A page `with_form` carries a ticket, and a cookie that it is bound to."""
        browser = self.browser or tickets.new_browser()
        written = draw(
            template,
            **self._frame(),
            ticket=tickets.issue(self.settings, browser) if with_form else "",
            **values,
        )
        answer = HTMLResponse(written, status)
        if with_form and not self.browser:
            answer.set_cookie(
                tickets.COOKIE,
                browser,
                path=self.reception.base or "/",
                secure=self.reception.is_https,
                httponly=True,
                samesite="lax",
            )
        return answer

    def _frame(self) -> dict[str, Any]:
        words = self.words
        locale = words["mail"]["locale"]
        return {
            "words": words,
            "language": self.language,
            "languages": () if self.is_writing else self._switch(),
            "path": self.path,
            "style": f"{self.reception.base}/style.css?{urlencode({'v': style_sheet().mark})}",
            "icon": f"{self.reception.base}/icon.svg",
            "company": self.settings.company,
            "shop_name": self.shop_name,
            "shop_url": self.about_shop.url if self.about_shop else "",
            "long_date": wording.long_date_in(locale),
            "moment": wording.moment_in(locale),
            "quantity": wording.quantity_in(locale),
        }

    def _switch(self) -> list[tuple[str, str, str]]:
        own = f"{self.reception.base}{self.request.url.path}"
        return [(language, words_in(language)["name"], f"{own}?lang={language}") for language in spoken()]


def visiting(request: Request) -> Visit:
    """The visit that a request is."""
    reception: Reception = request.app.state.reception
    asked = known(request.query_params.get("lang"))
    settings = reception.place.settings
    default = next((known(shop.language) for shop in settings.shops.values()), None) or spoken()[0]
    accepted = preferred(request.headers.get("accept-language", ""))
    return Visit(
        reception=reception,
        request=request,
        browser=tickets.known_browser(request.cookies.get(tickets.COOKIE)),
        language=asked or accepted or default,
        is_chosen=asked is not None,
    )


Visiting = Annotated[Visit, Depends(visiting)]

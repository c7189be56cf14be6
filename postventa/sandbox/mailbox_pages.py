"""The mailbox in a browser and as JSON: a list of mails, and each mail as its reader sees it."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from postventa.sandbox.contents import attachments, body, content, pictures, with_base
from postventa.sandbox.mailbox import Mail, Mailbox
from postventa.sandbox.settings import SandboxSettings

PAGES = Path(__file__).parent / "pages"
PER_PAGE = 50
MOST = 1000
# Our own pages run no script at all; a mail may not even fetch an image from elsewhere.
PAGE_CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
MAIL_CSP = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; font-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails somebody asks for."""

    search: str = ""
    recipient: str = ""
    order: str = ""
    message: str = ""

    @classmethod
    def read(cls, request: Request) -> "Wanted":
        asked = request.query_params
        return cls(
            search=asked.get("search", "").strip(),
            recipient=asked.get("recipient", "").strip(),
            order=asked.get("order", "").strip(),
            message=asked.get("message", "").strip(),
        )

    def fits(self, mail: Mail) -> bool:
        if self.order and mail.order != self.order:
            return False
        if self.message and mail.message != self.message:
            return False
        people = " ".join(mail.recipients).casefold()
        if self.recipient and self.recipient.casefold() not in people:
            return False
        if not self.search:
            return True
        return self.search.casefold() in f"{mail.header('Subject')} {people} {mail.order}".casefold()


class MailboxPages:
    """The routes over one mailbox."""

    def __init__(self, mailbox: Mailbox, settings: SandboxSettings) -> None:
        self._mailbox, self._settings = mailbox, settings
        self._pages = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._pages.filters["clock"] = self._clock
        self._pages.filters["words"] = lambda name: name.replace("_", " ")

    def routes(self) -> list[Route]:
        return [
            Route("/mailbox", self.listing),
            Route("/mailbox/messages", self.messages),
            Route("/mailbox/messages", self.clear, methods=["DELETE"]),
            Route("/mailbox/messages/{mail:int}", self.message),
            Route("/mailbox/messages/{mail:int}/source", self.source),
            Route("/mailbox/messages/{mail:int}/html", self.html),
            Route("/mailbox/messages/{mail:int}/attachments/{place:int}", self.attachment),
            Route("/mailbox/view/{mail:int}", self.view),
            Route("/sandbox/style.css", self.style),
        ]

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        written = self._pages.get_template(name).render(zone=self._settings.zone, **values)
        headers = {"Content-Security-Policy": PAGE_CSP, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(written, status, headers)

    def _clock(self, at: Any, form: str = "%d %b %H:%M") -> str:
        return str(at.astimezone(self._settings.zone_info).strftime(form))

    def _found(self, wanted: Wanted) -> list[Mail]:
        return [mail for mail in self._mailbox.mails() if wanted.fits(mail)]

    async def listing(self, request: Request) -> Response:
        wanted = Wanted.read(request)
        found = self._found(wanted)
        pages = max(1, -(-len(found) // PER_PAGE))
        page = min(max(1, _number(request, "page", 1)), pages)
        kinds = Counter(mail.message for mail in self._mailbox.mails())

        def link(number: int) -> str:
            asked = {
                "search": wanted.search,
                "order": wanted.order,
                "message": wanted.message,
                "page": number,
            }
            return "/mailbox?" + urlencode({name: value for name, value in asked.items() if value})

        return self.page(
            "mailbox.html",
            mails=found[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(found),
            everything=sum(kinds.values()),
            kinds=sorted(kinds.items()),
            wanted=wanted,
            page=page,
            pages=pages,
            link=link,
            first=(page - 1) * PER_PAGE + 1,
        )

    async def view(self, request: Request) -> Response:
        mail = self._mail(request)
        if mail is None:
            return self.page("missing.html", 404)
        parsed = mail.parsed()
        html, text = body(parsed, "html"), body(parsed, "plain")
        tabs = [name for name, there in (("html", html), ("text", text), ("source", "source")) if there]
        show = request.query_params.get("show", "")
        return self.page(
            "mail.html",
            mail=mail,
            shown=show if show in tabs else tabs[0],
            tabs=tabs,
            narrow=request.query_params.get("width") == "phone",
            text=text,
            source=mail.raw.decode("utf-8", "replace") if show == "source" or tabs == ["source"] else "",
            attachments=list(enumerate(attachments(parsed))),
        )

    async def html(self, request: Request) -> Response:
        """The mail's own HTML, where nothing in it can run, load or look around."""
        mail = self._mail(request)
        written = body(parsed, "html") if mail and (parsed := mail.parsed()) else ""
        if mail is None or not written:
            return HTMLResponse("", 404)
        for name, picture in pictures(mail.parsed()).items():
            written = written.replace(f"cid:{name}", picture)
        # links open beside the mailbox, not inside its frame
        headers = {"Content-Security-Policy": MAIL_CSP, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(with_base(written), headers=headers)

    async def messages(self, request: Request) -> Response:
        found = self._found(Wanted.read(request))
        start = max(0, _number(request, "offset", 0))
        limit = min(MOST, max(0, _number(request, "limit", 100)))
        rows = [mail.summary() for mail in found[start : start + limit]]
        return JSONResponse({"total": len(found), "messages": rows})

    async def message(self, request: Request) -> Response:
        mail = self._mail(request)
        if mail is None:
            return _gone()
        parsed = mail.parsed()
        return JSONResponse(
            {
                **mail.summary(),
                "from": mail.header("From"),
                "envelope": {"from": mail.sender, "to": list(mail.recipients)},
                "arrived_at": mail.arrived_at,
                "headers": [[name, str(value)] for name, value in mail.headers.items()],
                "text": body(parsed, "plain"),
                "html": body(parsed, "html"),
                "attachments": [
                    {"name": name, "type": part.get_content_type(), "size": len(content(part))}
                    for name, part in attachments(parsed)
                ],
            }
        )

    async def source(self, request: Request) -> Response:
        mail = self._mail(request)
        if mail is None:
            return _gone()
        headers = {"X-Content-Type-Options": "nosniff"}
        return Response(mail.raw, media_type="text/plain; charset=utf-8", headers=headers)

    async def attachment(self, request: Request) -> Response:
        mail = self._mail(request)
        found = attachments(mail.parsed()) if mail else []
        place = request.path_params["place"]
        if place >= len(found):
            return _gone()
        name, part = found[place]
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        headers = {
            "Content-Disposition": f'attachment; filename="{plain}"',
            "Content-Security-Policy": MAIL_CSP,
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content(part), media_type=part.get_content_type(), headers=headers)

    async def clear(self, _request: Request) -> Response:
        return JSONResponse({"deleted": self._mailbox.clear()})

    async def style(self, _request: Request) -> Response:
        return Response((PAGES / "style.css").read_text(encoding="utf-8"), media_type="text/css")

    def _mail(self, request: Request) -> Mail | None:
        return self._mailbox.mail(request.path_params["mail"])


def _gone() -> Response:
    return JSONResponse({"error": "there is no such mail; it may have been deleted"}, 404)


def _number(request: Request, name: str, default: int) -> int:
    written = request.query_params.get(name, "")
    return int(written) if written.isdigit() else default

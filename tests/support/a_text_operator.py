"""A telephone operator on loopback that takes texts as Twilio does, remembers them, and says what became of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

BASE = "/2010-04-01/Accounts/AC1"
CHANNEL = {"adapter": "sms", "from": "+34930000000", "user_env": "SMS_ACCOUNT", "password_env": "SMS_TOKEN"}


@dataclass
class AnOperator:
    """`answer` decides about each text: a status and a body, None for taking it."""

    server: HTTPServer
    answer: Callable[[dict[str, str]], tuple[int, dict[str, Any]] | None] = lambda _form: None
    texts: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    became: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def open(self) -> "AnOperator":
        self.server.expect_request(f"{BASE}/Messages.json", method="POST").respond_with_handler(self._take)
        self.server.expect_request(f"{BASE}.json").respond_with_json({"status": "active"})
        for number in range(1, 20):
            path = f"{BASE}/Messages/SM{number}.json"
            self.server.expect_request(path, method="GET").respond_with_handler(self._tell)
        return self

    @property
    def url(self) -> str:
        where = urlparse(self.server.url_for(""))
        return f"http://{where.netloc}"

    def _take(self, request: Request) -> Response:
        form = request.form.to_dict()
        said = self.answer(form)
        if said is not None:
            status, body = said
            return _json(status, body)
        self.texts.append(form)
        self.keys.append(request.headers["Idempotency-Key"])
        return _json(201, {"sid": f"SM{len(self.texts)}", "status": "queued"})

    def _tell(self, request: Request) -> Response:
        sid = request.path.rpartition("/")[2].removesuffix(".json")
        status, code = self.became.get(sid, ("sent", None))
        return _json(200, {"sid": sid, "status": status, "error_code": code})


def _json(status: int, body: dict[str, Any]) -> Response:
    import json

    return Response(json.dumps(body), status, content_type="application/json")

"""A Medusa on loopback: filters, sorts and pages its lists as the real one (2.21) was seen to, microseconds and all."""

import base64
import re
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from a_server import AServer, as_json
from werkzeug import Request, Response

KEY = "sk_0123456789abcdef"
_UNKNOWN = {"code": "unknown_error", "type": "unknown_error", "message": "An unknown error occurred."}
_OPERATOR = re.compile(r"(\w+)\[\$(\w+)\]")
_HOLDS = {
    "gt": lambda value, limit: value > limit,
    "gte": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "lte": lambda value, limit: value <= limit,
}


def micros(at: datetime) -> str:
    """As the database keeps a stamp; what is answered ends after the milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


class AMedusa:
    """Its rows lie open. Each carries `updated_at` in microseconds."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.returns: dict[str, dict[str, Any]] = {}
        self.promotions: dict[str, dict[str, Any]] = {}
        self.key = KEY
        self.before_answer: Any = lambda request: None
        """Called before each answer; what it returns is answered instead, unless it is None."""
        self._server = AServer(self._answer)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, wrong, where)

    @property
    def asked(self) -> list[str]:
        return self._server.asked

    @property
    def heard(self) -> bytes:
        return self._server.heard

    def _answer(self, request: Request) -> Response:
        instead = self.before_answer(request)
        if instead is not None:
            return instead
        shown = base64.b64encode(f"{self.key}:".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {shown}":
            return as_json({"message": "Unauthorized"}, 401)
        what, _, ref = request.path.removeprefix("/admin/").partition("/")
        if what not in {"orders", "payments", "returns", "promotions"}:
            return Response(f"Cannot GET {request.path}", 404, content_type="text/html; charset=utf-8")
        rows: dict[str, dict[str, Any]] = getattr(self, what)
        if request.method == "POST":
            return self._promotion(request.get_json())
        if ref:
            if ref not in rows:
                return as_json({"type": "not_found", "message": f"Order id not found: {ref}"}, 404)
            return as_json({what.removesuffix("s"): _shown(rows[ref])})
        return self._list(what, list(rows.values()), request)

    def _list(self, what: str, rows: list[dict[str, Any]], request: Request) -> Response:
        try:
            for name, given in request.args.items():
                if found := _OPERATOR.fullmatch(name):
                    field, operator = found.groups()
                    limit = micros(datetime.fromisoformat(given)) if field == "updated_at" else given
                    rows = [row for row in rows if _HOLDS[operator](row[field], limit)]
        except ValueError:
            return as_json(_UNKNOWN, 500)  # a date that it cannot read
        if wanted := request.args.getlist("id[]"):
            rows = [row for row in rows if row["id"] in wanted]
        if code := request.args.get("code"):
            rows = [row for row in rows if row["code"] == code]
        order = request.args.get("order", "id")
        rows.sort(key=lambda row: row[order.removeprefix("-")], reverse=order.startswith("-"))
        offset, limit = int(request.args.get("offset", 0)), int(request.args.get("limit", 15))
        page = [_shown(self._linked(row)) for row in rows[offset : offset + limit]]
        return as_json({what: page, "count": len(rows), "offset": offset, "limit": limit})

    def _linked(self, row: dict[str, Any]) -> dict[str, Any]:
        """A payment names its order, with the order's stamp of now."""
        order = ((row.get("payment_collection") or {}).get("order") or {}).get("id")
        if order not in self.orders:
            return row
        return {**row, "payment_collection": {"order": {"id": order, "updated_at": self._stamp(order)}}}

    def _stamp(self, ref: str) -> str:
        return str(_shown(self.orders[ref])["updated_at"])

    def _promotion(self, body: dict[str, Any]) -> Response:
        campaigns = {one["campaign"]["campaign_identifier"] for one in self.promotions.values()}
        if body["code"] in {one["code"] for one in self.promotions.values()}:
            said = f"Promotion with code: {body['code']}, already exists."
        elif body["campaign"]["campaign_identifier"] in campaigns:
            said = "Promotion campaign with campaign_identifier already exists."
        else:
            ref = f"promo_{len(self.promotions) + 1}"
            self.promotions[ref] = {"id": ref, **body}
            return as_json({"promotion": {"id": ref, "code": body["code"]}})
        return as_json({"type": "invalid_data", "message": said}, 400)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The rest of a microsecond is cut off, as JavaScript's dates have none."""
    stamp = row.get("updated_at")
    return row if not isinstance(stamp, str) or len(stamp) < 27 else {**row, "updated_at": stamp[:23] + "Z"}

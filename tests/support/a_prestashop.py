"""PrestaShop's webservice as 8.2 answers: its tables, its filters and its oddities, on loopback.

Rows are kept as the database would: texts, but for `id`. Whoever asks for `full` gets everything that is there.
"""

import base64
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

from a_server import as_json
from werkzeug import Request, Response

KEY = "PRESTASHOPWEBSERVICEKEYSANDBOX32"
NODES = {"order_slip": "order_slips"}
SINGLE = {"cart_rules": "cart_rule"}
ASSOCIATIONS = {"order_slip": {"order_slip_details"}, "orders": {"order_rows"}}
INTERVAL = re.compile(r"^([\d.:\-\s]+),([\d.:\-\s]+)$")
FILTER = re.compile(r"^(.*)\[(.*)\](.*)$")
Row = dict[str, Any]


class Wrong(Exception):
    """An error in the webservice's own words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class APrestaShop:
    """The tables of a shop, and what its webservice answers about them."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self.fields = fields
        self.tables: dict[str, dict[int, Row]] = {name: {} for name in fields}
        self.key = KEY
        self.rights = set(fields)
        self.may_write = {"cart_rules"}
        self.is_switched_off = False
        self.strips_authorization = False

    def add(self, resource: str, **fields: Any) -> Row:
        """A new row with the next id."""
        table = self.tables[resource]
        row = {"id": max(table, default=0) + 1, **dict.fromkeys(self.fields[resource], ""), **fields}
        unknown = set(row) - {"id", *self.fields[resource], "associations"}
        assert not unknown, f"{resource} has no {unknown}"
        table[int(row["id"])] = row
        return row

    def answer(self, request: Request) -> Response:
        is_json = (
            request.args.get("output_format") == "JSON" or request.headers.get("Output-Format") == "JSON"
        )
        try:
            status, found = self._asked(request)
        except Wrong as wrong:
            if not is_json:
                return Response(f"<prestashop><errors>{wrong}</errors></prestashop>", wrong.status)
            said = {"errors": [{"code": wrong.code, "message": str(wrong)}]}
            return as_json(said, wrong.status)
        if not is_json:
            return Response("<prestashop></prestashop>", status, content_type="text/xml;charset=utf-8")
        return as_json(found, status)

    def _asked(self, request: Request) -> tuple[int, Any]:
        if self.is_switched_off:
            raise Wrong(
                503, 22, "The PrestaShop webservice is disabled. Please activate it in the Back Office"
            )
        self._let_in(request)
        resource, _, ref = request.path.removeprefix("/api/").partition("/")
        if not resource:
            raise Wrong(500, 2, "PHP error: the list of resources has no JSON")
        if resource not in self.fields:
            raise Wrong(400, 27, f'Resource of type "{resource}" does not exists')
        if resource not in self.rights:
            raise Wrong(401, 26, f'Resource of type "{resource}" is not allowed with this authentication key')
        if request.method == "POST":
            if resource not in self.may_write:
                raise Wrong(405, 25, f"Method POST is not allowed for the resource {resource}")
            return 201, self._made(resource, request.get_data())
        rows = self._found(resource, request, ref)
        return 200, {NODES.get(resource, resource): rows} if rows else []

    def _let_in(self, request: Request) -> None:
        key = request.args.get("ws_key", "")
        sent = request.headers.get("Authorization", "")
        if not key and sent.startswith("Basic ") and not self.strips_authorization:
            key = base64.b64decode(sent.removeprefix("Basic ")).decode().partition(":")[0]
        if not key:
            raise Wrong(401, 17, "Authentication key is empty")
        if len(key) != 32:
            raise Wrong(401, 18, "Invalid authentication key format")
        if key != self.key:
            raise Wrong(401, 20, "Authentification key is not active")

    def _found(self, resource: str, request: Request, ref: str) -> list[Row]:
        args = request.args
        has_dates = bool(args.get("date"))
        rows = list(self.tables[resource].values())
        if ref:
            rows = [row for row in rows if str(row["id"]) == ref]
        for name, value in args.items():
            if asked := re.fullmatch(r"filter\[(\w+)\]", name):
                self._known(resource, asked[1], 32, has_dates=has_dates)
                rows = [row for row in rows if _passes(str(row[asked[1]]), value)]
        for part in reversed(args.get("sort", "[id_ASC]").strip("[]").split(",")):
            field, _, direction = part.rpartition("_")
            self._known(resource, field, 38, has_dates=has_dates)
            rows.sort(
                key=lambda row, field=field: int(row["id"]) if field == "id" else str(row[field]),
                reverse=direction == "DESC",
            )
        if limit := args.get("limit"):
            start, _, many = limit.rpartition(",")
            rows = rows[int(start or 0) : int(start or 0) + int(many)]
        return [self._shown(resource, row, args.get("display", "")) for row in rows]

    def _known(self, resource: str, field: str, code: int, *, has_dates: bool) -> None:
        is_date = field in {"date_add", "date_upd"}
        if field not in {"id", *self.fields[resource]} or (is_date and not has_dates):
            raise Wrong(400, code, f'This filter does not exist: "{field}"')

    def _shown(self, resource: str, row: Row, display: str) -> Row:
        if not display:
            return {"id": row["id"]}
        if display == "full":
            return row
        shown: Row = {}
        for part in re.findall(r"(\w+(?:\[[\w,]+\])?)", display.strip()[1:-1]):
            name, _, inner = part.partition("[")
            if inner:
                if name not in ASSOCIATIONS.get(resource, set()):
                    raise Wrong(400, 35, f'Unable to display this field "{name}"')
                wanted = inner.rstrip("]").split(",")
                rows = row.get("associations", {}).get(name, [])
                found = [{key: one[key] for key in wanted} for one in rows]
                shown.setdefault("associations", {})[name] = found
            elif name not in {"id", *self.fields[resource]}:
                raise Wrong(400, 35, f'Unable to display this field "{name}"')
            else:
                shown[name] = row[name]
        return shown

    def _made(self, resource: str, written: bytes) -> Any:
        try:
            entity = ET.fromstring(written)[0]
        except (ET.ParseError, IndexError) as error:
            raise Wrong(500, 127, f"XML error : {error}") from error
        fields: Row = {}
        for child in entity:
            languages = [{"id": one.get("id"), "value": one.text or ""} for one in child]
            fields[child.tag] = languages or (child.text or "")
        for needed in ("name", "date_from", "date_to"):
            if not fields.get(needed):
                raise Wrong(400, 41, f"parameter {needed} required")
        return {SINGLE[resource]: self.add(resource, **fields)}


def _passes(value: str, asked: str) -> bool:
    """PrestaShop's little language of filters. An interval with a T or a Z is none: it is compared as one text."""
    parts = FILTER.match(asked)
    if not parts:
        return value == asked
    before, inner, after = parts.groups()
    if "%" in {before, after}:
        return inner in value
    if before == ">":
        return float(value) > float(inner) if value.isdigit() else value > inner
    if before == "<":
        return float(value) < float(inner) if value.isdigit() else value < inner
    if "|" in inner:
        return value in inner.split("|")
    if between := INTERVAL.match(inner):
        low, high = sorted(between.groups())
        return low <= value <= high
    return value == inner


def bytes_of(rows: Any) -> bytes:
    return json.dumps(rows, default=str).encode()

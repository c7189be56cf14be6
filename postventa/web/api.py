"""The JSON endpoint for the shop's own systems: who may use it, complaints that reach it elsewhere, and how a case stands."""

from collections.abc import Mapping
from datetime import date, datetime
from secrets import compare_digest
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from postventa import clock, links
from postventa.complaints import Statement, file_complaint
from postventa.rules.complaints import Kind, Topic
from postventa.settings import secret
from postventa.store.casebook import case_of
from postventa.web.case_view import case_page
from postventa.web.checks import (
    complaint_problems,
    in_words,
    the_shop,
)
from postventa.web.forms import clean, one_line
from postventa.web.refusals import Refused
from postventa.web.visits import Visit, Visiting
from postventa.web.words import known, spoken

LONGEST_REFERENCE = 150
_header = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The key in [web].api_key_env")


def with_key(visit: Visiting, given: Annotated[str | None, Security(_header)]) -> None:
    """Lets in who has the key. The endpoint is closed where none is configured; guessing is counted like writing."""
    web = visit.settings.web
    if not web.api_key_env:
        raise Refused(403)
    wanted = secret(web.api_key_env, "[web].api_key_env")
    if not given or not compare_digest(given.encode(), wanted.encode()):
        client = visit.request.client
        raise Refused(401 if visit.reception.may_write(client.host if client else "") else 429)


router = APIRouter(prefix="/api", dependencies=[Depends(with_key)], tags=["cases"])


class Sent(BaseModel):
    """What both have. `reference` is the caller's own: the same one twice is the same case."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reference: str = ""
    shop: str = ""
    order: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


class SentComplaint(Sent):
    kind: str = Field("", json_schema_extra={"enum": list(Kind)})
    topic: str = Field("", json_schema_extra={"enum": list(Topic)})
    text: str = Field("", max_length=500_000)
    is_official_form: bool = False


class FiledCase(BaseModel):
    number: str
    key: str
    is_new: bool
    answer_by: date | None
    status_url: str


class CaseStatus(BaseModel):
    number: str
    family: str
    kind: str
    topic: str
    state: str
    received_at: datetime
    answer_by: date | None
    answered_at: datetime | None


class Problems(BaseModel):
    errors: dict[str, str]
    """A sentence for each field that is wrong."""


ANSWERS: dict[int | str, dict[str, Any]] = {422: {"model": Problems}}


@router.post("/complaints", status_code=201, response_model=FiledCase, responses=ANSWERS)
def take_complaint(sent: SentComplaint, visit: Visiting, response: Response) -> FiledCase | JSONResponse:
    settings, values = visit.settings, cleaned(sent)
    problems = complaint_problems(values, settings, has_order=False) | reference_problems(values)
    if problems:
        return refused_in_words(visit, values, problems)
    now = clock.now()
    statement = Statement(
        shop=the_shop(values, settings),
        kind=Kind(values["kind"]),
        topic=Topic(values["topic"]),
        text=values["text"],
        language=values["language"],
        name=one_line(values["name"]),
        email=values["email"],
        phone=one_line(values["phone"]),
        order_ref=values["order"] or None,
        source="api",
        source_ref=f"complaint:{sent.reference}",
        received_at=now,
        is_official_form=sent.is_official_form,
    )
    with visit.reception.place.store.begin() as connection:
        filed = file_complaint(connection, settings, statement, now)
    return as_filed(visit, response, filed.number, filed.key, filed.answer_by, is_new=filed.is_new)


@router.get("/cases/{number}")
def show_status(number: str, visit: Visiting, shop: str = "") -> CaseStatus:
    """How a case stands. Name the shop where several have a case with this number."""
    with visit.reception.place.reading() as connection:
        row = case_of(connection, f"{shop}:{number}" if shop else number)
        case = case_page(connection, visit.settings, row.id) if row and row.number == number.upper() else None
    if case is None:
        raise Refused(404)
    return CaseStatus(**{name: getattr(case, name) for name in CaseStatus.model_fields})


def cleaned(sent: Sent) -> dict[str, str]:
    return {name: clean(value) for name, value in sent.model_dump().items() if isinstance(value, str)}


def reference_problems(values: Mapping[str, str]) -> dict[str, str]:
    reference, language = values["reference"], values["language"]
    found = {
        "reference": "reference_missing"
        if not reference
        else "reference_long"
        if len(reference) > LONGEST_REFERENCE
        else "",
        "language": "language" if language and language not in spoken() else "",
    }
    return {name: said for name, said in found.items() if said}


def words_for(visit: Visit, values: Mapping[str, str]) -> dict[str, Any]:
    return visit.about("", known(values["language"])).words


def refused_in_words(visit: Visit, values: Mapping[str, str], problems: Mapping[str, str]) -> JSONResponse:
    return JSONResponse({"errors": in_words(problems, words_for(visit, values))}, 422)


def as_filed(
    visit: Visit, response: Response, number: str, key: str, answer_by: date | None, *, is_new: bool
) -> FiledCase:
    response.status_code = 201 if is_new else 200
    url = links.case_link(visit.settings, key)
    return FiledCase(number=number, key=key, is_new=is_new, answer_by=answer_by, status_url=url)

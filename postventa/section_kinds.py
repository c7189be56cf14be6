"""What a setting may be: an address of the web, a time zone, a language; and the section that refuses what it does not know."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

_zones = cache(available_timezones)  # it walks a tree of six hundred files each time


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be an IANA time zone such as Europe/Madrid")
    return name


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url.rstrip("/")


def wrong_at(key: str, kind: str, said: str, found: object) -> ValidationError:
    """The complaint about one key of a section, where only several keys together show that it is wrong."""
    error = InitErrorDetails(type=PydanticCustomError(kind, said), loc=(key,), input=found)
    return ValidationError.from_exception_data(key, [error])


Place = Annotated[str, Field(min_length=1), AfterValidator(lambda place: place.rstrip("/") or "/")]
Url = Annotated[str, AfterValidator(_web_address)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Text = Annotated[str, Field(min_length=1)]
Region = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z]{1,3})?$")]
Percent = Annotated[int, Field(ge=1, le=99)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

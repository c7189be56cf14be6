"""What a contract promises about time: its service levels, read strictly as everything else in it."""

from datetime import timedelta
from typing import Any

from open_data_contract_standard.model import ServiceLevelAgreementProperty

from postventa.contract_terms import Place, Sla, Table

_HOURS = frozenset({"h", "hour", "hours"})
_DAYS = frozenset({"d", "day", "days"})
_YEARS = frozenset({"y", "yr", "year", "years"})


def levels(said: list[ServiceLevelAgreementProperty], tables: tuple[Table, ...], place: Place) -> Sla:
    """The service levels as one value."""
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for one in said:
        here = place.at(f"slaProperties[{one.property}]")
        if one.property not in _PROMISES or one.property in seen:
            raise here.error(f"must be one of {', '.join(_PROMISES)}, once each")
        seen.add(one.property)
        found |= _PROMISES[one.property](one, _element(one.element, tables, here), here)
    return Sla(**found)


def _element(written: str | None, tables: tuple[Table, ...], place: Place) -> str | None:
    """The column that a service level is about; None where it is about the whole table."""
    if written is None:
        return None
    table, _, column = written.partition(".")
    there = {(one.name, name) for one in tables for name in ("", *(part.name for part in one.columns))}
    if (table, column) not in there:
        raise place.at("element").error(f"names {written}, and there is no such table or column")
    return column or None


def _freshness(said: ServiceLevelAgreementProperty, column: str | None, place: Place) -> dict[str, Any]:
    hours = 24 if said.unit in _DAYS else 1
    if said.unit not in _DAYS | _HOURS:
        raise place.at("unit").error("must be h or d")
    return {"freshness": timedelta(hours=_count(said.value, place) * hours), "freshness_of": column}


def _retention(said: ServiceLevelAgreementProperty, column: str | None, place: Place) -> dict[str, Any]:
    if said.unit not in _DAYS | _YEARS:
        raise place.at("unit").error("must be d or y")
    kept = "retention_years" if said.unit in _YEARS else "retention_days"
    return {kept: _count(said.value, place), "retention_of": column}


def _frequency(said: ServiceLevelAgreementProperty, _column: str | None, place: Place) -> dict[str, Any]:
    if said.unit not in _DAYS | _HOURS:
        raise place.at("unit").error("must be h or d")
    number, unit = _count(said.value, place), "day" if said.unit in _DAYS else "hour"
    return {"frequency": f"every {unit}" if number == 1 else f"every {number} {unit}s"}


def _available(said: ServiceLevelAgreementProperty, _column: str | None, _place: Place) -> dict[str, Any]:
    return {"available_by": f"{said.value} {said.unit or ''}".strip()}


_PROMISES = {
    "freshness": _freshness,
    "retention": _retention,
    "frequency": _frequency,
    "timeOfAvailability": _available,
}


def _count(value: Any, place: Place) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise place.at("value").error("must be a whole number above nought")
    return value

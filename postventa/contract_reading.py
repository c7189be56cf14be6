"""Reads a data contract in the Open Data Contract Standard, and refuses every element that nothing is made of.

A rule that nobody checks is worse than none: an element that is unknown, or known to the standard and not to us, is
an error that names the file and the element.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError

from postventa.contract_levels import levels
from postventa.contract_rules import rules_of
from postventa.contract_terms import Column, Contract, ContractError, Kind, Place, Table

VERSION_OF_THE_STANDARD = "v3.1.0"

_SAYS = "type description url"
ELEMENTS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "": "apiVersion kind id name version status domain dataProduct description tags servers schema slaProperties "
        "team support roles authoritativeDefinitions",
        "description": "purpose usage limitations",
        "servers": "server type path format delimiter description",
        "schema": "name physicalType businessName description dataGranularityDescription tags properties quality "
        "authoritativeDefinitions",
        "properties": "name businessName description logicalType logicalTypeOptions physicalType required unique "
        "primaryKey primaryKeyPosition partitioned partitionKeyPosition classification examples quality items "
        "customProperties authoritativeDefinitions",
        "items": "logicalType description",
        "quality": "id name description type metric arguments query engine implementation mustBe mustNotBe "
        "mustBeGreaterThan mustBeGreaterOrEqualTo mustBeLessThan mustBeLessOrEqualTo mustBeBetween mustNotBeBetween "
        "unit dimension severity businessImpact",
        "customProperties": "property value description",
        "authoritativeDefinitions": _SAYS,
        "slaProperties": "property value unit element driver description",
        "team": "name description members",
        "members": "username name role description",
        "support": "channel url description tool scope",
        "roles": "role description access",
    }.items()
}
"""Every element that is compiled, checked or printed. What is missing here is refused."""
CHECKED_LATER = frozenset({"logicalTypeOptions", "arguments", "implementation", "value", "examples"})
"""What these hold depends on what stands beside them."""

_NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_EXACT = re.compile(r"decimal\((\d+),\s?(\d+)\)")


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is ten times as fast."""


class _Once(_LOADER):  # type: ignore[misc] # it is the one or the other
    """YAML as it is written; a key that stands twice is no slip to be passed over."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


def read_contract(path: Path) -> Contract:
    """The contract in this file. Raises ContractError with a sentence that names the file and the element."""
    try:
        written = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContractError(f"there is no contract {path}") from None
    except UnicodeDecodeError as wrong:
        raise Place(path.name).error(f"is no YAML: {' '.join(str(wrong).split())}") from wrong
    return _understood(path.name, written)


@lru_cache(maxsize=128)
def _understood(file: str, written: str) -> Contract:
    """A night asks for each contract a dozen times; what is written there is understood once."""
    place = Place(file)
    try:
        raw = yaml.load(written, Loader=_Once)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as wrong:
        raise place.error(f"is no YAML: {' '.join(str(wrong).split())}") from wrong
    if not isinstance(raw, dict):
        raise place.error("holds no contract: begin with apiVersion and kind")
    for where, said in _strange(raw, "", ""):
        raise place.at(where).error(said)
    try:
        odcs = OpenDataContractStandard(**raw)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise place.at(".".join(map(str, first["loc"]))).error(
            f"is not as it should be: {first['msg']}"
        ) from None
    return _contract(odcs, place)


def _strange(node: Any, element: str, where: str) -> Iterator[tuple[str, str]]:
    """Paths of elements that are not in the table, each with what is wrong."""
    if isinstance(node, list):
        for number, one in enumerate(node):
            label = one.get("name") or one.get("id") if isinstance(one, dict) else None
            yield from _strange(one, element, f"{where}[{label or number}]")
    elif isinstance(node, dict) and element in ELEMENTS:
        for key, value in node.items():
            path = f"{where}.{key}" if where else str(key)
            if key not in ELEMENTS[element]:
                known = ", ".join(sorted(ELEMENTS[element]))
                yield (
                    path,
                    f"is no element that postventa makes something of: take it out, or use one of {known}",
                )
            elif key not in CHECKED_LATER:
                yield from _strange(value, str(key), path)


def _contract(odcs: OpenDataContractStandard, place: Place) -> Contract:
    if odcs.apiVersion != VERSION_OF_THE_STANDARD or odcs.kind != "DataContract":
        raise place.at("apiVersion").error(f"must be {VERSION_OF_THE_STANDARD}, with kind: DataContract")
    name = _said(odcs.name, place.at("name"))
    version = _said(odcs.version, place.at("version"))
    if not _NUMBER.fullmatch(version):
        raise place.at("version").error(f"must be three numbers such as 1.0.0, and it is {version!r}")
    description = odcs.description
    if description is None:
        raise place.at("description").error("is missing: say purpose, usage and limitations")
    if not odcs.schema_:
        raise place.at("schema").error("is missing: a contract without a table promises nothing")
    tables = tuple(_table(one, place) for one in odcs.schema_)
    _only_once([table.name for table in tables], place.at("schema"))
    team = odcs.team if odcs.team is not None and not isinstance(odcs.team, list) else None
    members = team.members or [] if team else []
    return Contract(
        name=name,
        version=version,
        status=odcs.status or "",
        purpose=_said(description.purpose, place.at("description.purpose")),
        usage=_flat(description.usage),
        limitations=_flat(description.limitations),
        owner=(team.name or "") if team else "",
        contact=", ".join(one.username for one in members if one.username),
        sla=levels(odcs.slaProperties or [], tables, place),
        tables=tables,
        sources=_sources(odcs.authoritativeDefinitions),
        file=place.file,
    )


def _table(schema: SchemaObject, place: Place) -> Table:
    name = _said(schema.name, place.at("schema[].name"))
    here = place.at(f"schema[{name}]")
    properties = schema.properties or []
    columns = tuple(_column(one, here) for one in properties)
    if not columns:
        raise here.at("properties").error("is missing: say what each column holds")
    _only_once([column.name for column in columns], here.at("properties"))
    positions = sorted(column.key_position for column in columns if column.key_position is not None)
    if positions != list(range(1, len(positions) + 1)):
        raise here.at("properties").error(f"primaryKeyPosition must count 1, 2, 3, and it counts {positions}")
    return Table(
        name=name,
        meaning=_flat(schema.description),
        grain=_flat(schema.dataGranularityDescription),
        columns=columns,
        rules=rules_of(schema, columns, here),
    )


def _column(prop: SchemaProperty, table: Place) -> Column:
    name = _said(prop.name, table.at("properties[].name"))
    here = table.at(f"properties[{name}]")
    try:
        kind = Kind(prop.logicalType or "")
    except ValueError:
        raise here.at("logicalType").error(f"must be one of {', '.join(Kind)}") from None
    if prop.primaryKey and not prop.required:
        raise here.at("required").error("must be true: the column is part of the key")
    if prop.primaryKeyPosition is not None and not prop.primaryKey:
        raise here.at("primaryKeyPosition").error("needs primaryKey: true beside it")
    if prop.items is not None and kind is not Kind.ARRAY:
        raise here.at("items").error("belongs to an array")
    unit = ""
    for one in prop.customProperties or []:
        if one.property != "unit" or not isinstance(one.value, str):
            raise here.at("customProperties").error("may name a unit, as text, and nothing else")
        unit = one.value
    return Column(
        name=name,
        kind=kind,
        meaning=_said(prop.description, here.at("description")),
        unit=unit,
        is_required=bool(prop.required),
        key_position=(prop.primaryKeyPosition or 1) if prop.primaryKey else None,
        decimals=_decimals(prop.physicalType, kind, here.at("physicalType")),
        is_partition=bool(prop.partitioned),
        is_personal=prop.classification == "personal",
        examples=tuple(str(one) for one in prop.examples or []),
        sources=_sources(prop.authoritativeDefinitions),
    )


def _decimals(written: str | None, kind: Kind, place: Place) -> tuple[int, int] | None:
    if written is None:
        return None
    found = _EXACT.fullmatch(written.lower())
    if kind is not Kind.NUMBER or not found:
        raise place.error("is only for exact numbers, as decimal(18,4); logicalType says everything else")
    digits, decimals = int(found[1]), int(found[2])
    if not 1 <= digits <= 38 or decimals > digits:
        raise place.error("must have at most 38 digits, and no more decimals than digits")
    return digits, decimals


def _said(text: str | None, place: Place) -> str:
    if not text or not text.strip():
        raise place.error("is missing")
    return _flat(text)


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())


def _sources(said: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_flat(one.description) or one.type or one.url, one.url or "") for one in said or [])


def _only_once(names: list[str], place: Place) -> None:
    for name in names:
        if names.count(name) > 1:
            raise place.error(f"names {name} twice")

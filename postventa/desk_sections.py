"""The sections about the people who answer for cases, and who settles what they cannot."""

from datetime import date, time
from typing import Annotated

from pydantic import Field, field_validator

from postventa.rules.commercial import leads_nowhere
from postventa.section_kinds import Percent, Section, Text, Zone


class Person(Section):
    """Somebody at the desk, known in the store and in logs by the name of this section alone."""

    name: Text
    email: Text


class Desk(Section):
    """Who answers for cases, when they work, and who is told when time runs out."""

    people: dict[str, Person] = Field(default_factory=dict)
    owner: str = ""
    """Who owns a new case; a name in [desk.people], as the next two."""
    team_lead: str = ""
    manager: str = ""
    ladder: tuple[Percent, Percent, Percent] = (50, 75, 90)
    """At which shares of a clock the owner, the team lead and the manager are told."""
    opens: time = time(9)
    closes: time = time(18)
    timezone: Zone = "Europe/Madrid"
    region: Annotated[str, Field(pattern=r"^([A-Z]{2}-[A-Z]{1,3})?$")] = ""
    """Whose holidays the desk keeps beside the national ones, as ES-CT."""
    holidays: tuple[date, ...] = ()
    webhook_env: str = ""
    """The environment variable with a Slack-compatible address that hears every escalation."""


class Adr(Section):
    """Out-of-court dispute resolution: what a rejecting answer must say of it (Ley 7/2017 art. 40)."""

    entity: str = ""
    """A competent entity, named even by a shop that is a member of none."""
    url: str = ""
    is_member: bool = False
    takes_part: bool = False

    @field_validator("entity", "url")
    @classmethod
    def _leads_somewhere(cls, written: str) -> str:
        refused = leads_nowhere(written)
        if refused:
            raise ValueError(f"must name an entity of today: {refused}")
        return written

"""The sections of the configuration file: what can be set, what it means, and what it is where nobody sets it."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from postventa.desk_sections import Adr, Desk, Person
from postventa.section_kinds import Region, Section, Text
from postventa.shop_sections import Carrier, Mailbox, ReviewCoupon, Shop

__all__ = [
    "Adr",
    "Alerts",
    "Carrier",
    "Channel",
    "Company",
    "Datasets",
    "Desk",
    "Files",
    "Mailbox",
    "Person",
    "Policy",
    "ReviewCoupon",
    "Section",
    "Shop",
    "Store",
    "Web",
]


class Store(Section):
    url: Text = "sqlite:///postventa.db"


class Company(Section):
    """Who writes: the identity that the law wants in every message's footer."""

    legal_name: Text
    tax_id: Text
    address: Text
    email: Text
    phone: Text
    registry: Text


class Channel(Section):
    adapter: Literal["smtp", "console", "sms"]
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "none"
    ca_file: str = ""
    user_env: str = ""
    password_env: str = ""
    sender: Annotated[Text, Field(alias="from")]
    url: str = ""
    """Of the API, for text messages."""
    alias_registry_id: str = ""
    """The entry of a sender's name in the national register of aliases; without one no text message goes under it."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    connections: Annotated[int, Field(ge=1, le=8)] = 1
    """How many senders a run uses at once; each keeps one connection."""
    opens: time = time(9)
    closes: time = time(21)
    """When the channel may be used for what nobody waits for, by the customer's clock (LGDCU 96.2)."""

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("must open before it closes on the same day")
        return self

    @property
    def is_quiet(self) -> bool:
        """Whether what comes through it disturbs nobody on a weekend or a holiday: a mail waits to be read."""
        return self.adapter != "sms"


class Web(Section):
    """The customers' pages. Without `url` no message links to them."""

    url: str = ""
    """How customers reach them from outside, as https://postventa.tienda.example"""
    secret_env: str = "POSTVENTA_WEB_SECRET"  # noqa: S105 - a name, not the secret
    api_key_env: str = ""
    """The environment variable with the key of the JSON endpoint; without it the endpoint is closed."""
    requests_per_minute: Annotated[int, Field(ge=1)] = 30
    """From one address, for pages that write."""
    limits_env: str = ""
    """The environment variable with the address of a Redis that counts for all processes; each for itself where empty."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For and -Proto are believed; nobody's where empty."""


class Files(Section):
    """Where customers' files and letters as sent are kept, outside the database."""

    path: Text = "files"
    max_megabytes: Annotated[float, Field(gt=0)] = 10
    """For each file; a case takes ten of them."""


class Policy(Section):
    jurisdiction: Text = "ES"
    rules: str = ""
    """A folder of the shop's own promises and internal clocks, written like `postventa/rules/law/`."""
    local_holidays: dict[Region, tuple[date, ...]] = Field(default_factory=dict)
    """A region -> the days that towns there keep beside it. They lengthen customers' rights and shorten no duty."""
    informs_of_withdrawal: bool | date = True
    """Whether the shop can prove that it told its customers of the right to withdraw; else it lasts 12 months longer.

    A date says: those who ordered on that day or later.
    """
    collects_returns: bool = False
    """The shop fetches what comes back: then no refund may wait for the goods (LGDCU 107.3)."""
    pays_returns: bool = False
    returns_address: str = ""
    """Where goods are sent back to; the company's address where empty."""
    standard_delivery: Annotated[Decimal, Field(ge=0)] | None = None
    """What the ordinary delivery costs, tax included: who chose a dearer one gets back so much of it (LGDCU 107.2)."""
    exemptions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """A letter of LGDCU 103 -> the SKUs that it exempts from withdrawal; `*` at the end stands for any rest."""
    approval_limit: Annotated[Decimal, Field(ge=0)] = Decimal(20)
    """A remedy above needs a manager."""
    remedy_budget: Annotated[Decimal, Field(ge=0)] = Decimal(500)
    """For each shop and month."""
    contact_key_env: str = ""
    """The environment variable with the key that hides addresses on the list of who is not written to. It must never
    change; where it is empty, the first secret of [web].secret_env serves."""
    soft_bounces: Annotated[int, Field(ge=1)] = 3
    """So many mails that came back within `soft_bounce_days` are as good as an address that does not exist."""
    soft_bounce_days: Annotated[int, Field(ge=1)] = 30
    exclusion_file: str = ""
    """Addresses, or their SHA-256, that an advertising exclusion system lists; asked before advertising only."""
    exclusion_command: tuple[str, ...] = ()
    """A command that reads an address and ends with 0 where it is on no list, with 1 where it is on one."""
    large_company: bool = False
    review_delay_days: Annotated[int, Field(ge=1, le=30)] = 7
    uncertain: Literal["ask", "resend"] = "ask"
    """A message that a killed sender left in doubt: a person decides, or it goes again with its old Message-ID."""
    stale_hours: Annotated[int, Field(ge=1)] = 72
    """A notice that nothing but its own news justifies is not sent when the news is older than this."""


class Alerts(Section):
    """Where Prefect's automations say that a run failed, is late or is dead."""

    webhook_env: str = ""
    email: str = ""


class Datasets(Section):
    """Where the nightly datasets are published, and how much of the past is looked at again."""

    path: Text = "datasets"
    """A folder, or any address that fsspec knows, as s3://bucket/folder."""
    key_env: Text = "POSTVENTA_DATASETS_KEY"
    """The environment variable with the key of the pseudonyms, of 32 characters or more; kept away from the datasets."""
    days_back: Annotated[int, Field(ge=1, le=400)] = 30
    """So many past days are built again each night: what is heard late finds its day."""
    formats: tuple[Literal["csv", "duckdb"], ...] = ("csv", "duckdb")
    """What is written for the laptop, beside Parquet."""
    laptop_days: Annotated[int, Field(ge=1)] = 92
    """How many days those hold; Parquet holds them all."""
    retention: Annotated[int, Field(ge=1)] = 30
    """For so many days the state of earlier nights can be read; how long rows live is said in each contract."""
    dask: Text = ""
    """The address of the Dask cluster on which many days are built again; processes of this machine where empty."""
    dask_workers: Annotated[int, Field(ge=1, le=64)] = 2
    """How many of those."""
    managers: tuple[str, ...] = ()
    """Who gets the night's summary, names in [desk.people]; the desk's manager where empty."""

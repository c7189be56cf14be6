"""The sections of the configuration file: what can be set, what it means, and what it is where nobody sets it."""

from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from postventa.rules.orders import FulfilmentState

_zones = cache(available_timezones)  # it walks a tree of six hundred files each time


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be an IANA time zone such as Europe/Madrid")
    return name


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_web_address)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Text = Annotated[str, Field(min_length=1)]
Percent = Annotated[int, Field(ge=1, le=99)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


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


class ReviewCoupon(Section):
    """A coupon for a review, whatever it says; its presence switches it on (LGDCU 20.4, LCD 27.8)."""

    percent: Annotated[int, Field(ge=1, le=50)]
    conditions_url: Url
    """Where the shop says for what, to whom and until when, and that such reviews are marked (LSSI 20.2)."""
    days: Annotated[int, Field(ge=14, le=365)] = 60
    monthly: Annotated[int, Field(ge=1)] = 100
    """No more than so many in a calendar month."""


class Shop(Section):
    platform: Text
    """A file name in `postventa/connectors/shops/`."""
    url: Url
    key_env: Text
    secret_env: str = ""
    ca_file: str = ""
    language: Language = "es"
    timezone: Zone = "Europe/Madrid"
    backfill_since: AwareDatetime
    """Nothing that happened before is ever mailed."""
    display_name: str = ""
    """How customers know the shop; the company's legal name where empty."""
    requests_per_second: Annotated[float, Field(gt=0)] = 5
    overlap_minutes: Annotated[int, Field(ge=0)] = 10
    reread_hours: Annotated[int, Field(ge=1)] = 6
    """How often an undelivered order without tracking is read again by itself; hourly once it has left."""
    tracking_grace_hours: Annotated[float, Field(ge=0)] = 4
    """How long the shipped notice waits for a tracking number that the shop has not written yet."""
    statuses: dict[str, FulfilmentState] = {}
    """The shop's own statuses, and what each says of the goods."""
    tracking_meta_keys: tuple[str, ...] = ("_aftership_tracking_items", "_tracking_number")
    invoice_number_meta_keys: tuple[str, ...] = ("_wcpdf_invoice_number", "_invoice_number")
    einvoice_consent_meta_keys: tuple[str, ...] = ("_einvoice_consent",)
    consent_meta_keys: tuple[str, ...] = ("_marketing_consent",)
    """Where the checkout writes whether the customer wants advertising."""
    consent_wording: str = ""
    """The version of the sentence that they say yes to."""
    soft_opt_in_wording: str = ""
    """The version of the checkout's sentence that offers to refuse advertising; where it offers nothing, empty: then
    nobody is asked for a review without a yes (LSSI 21.2)."""
    soft_opt_in_since: AwareDatetime | None = None
    """Since when the checkout says so; `backfill_since` where it is not said."""
    review_url: Annotated[str, Field(pattern=r"^(https?://.*)?$")] = ""
    """Where a product is reviewed, with `{product_ref}` or `{sku}` in it; without it a request links to the survey alone."""
    review_days: dict[str, Annotated[int, Field(ge=3, le=14)]] = {}
    """SKUs, `*` for any rest -> days from the last parcel to the request; `policy.review_delay_days` for the others."""
    review_coupon: ReviewCoupon | None = None
    texts: tuple[str, ...] = ()
    """Messages that go as a text too, where the customer left a mobile number; a review request goes as one instead."""
    carriers: dict[str, str] = {}
    """The shop's word for a carrier -> a name in [carriers]; matched without regard to case."""
    default_carrier: str = ""
    """The carrier asked about parcels whose carrier the shop does not name."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Carrier(Section):
    adapter: Text
    """A file name in `postventa/connectors/carriers/`."""
    display_name: str = ""
    """How customers know the carrier; the shop's word for it where empty."""
    url: Url
    key_env: Text
    ca_file: str = ""
    timezone: Zone = "Europe/Madrid"
    """The zone of this carrier's times where it does not write one."""
    requests_per_second: Annotated[float, Field(gt=0)] = 1
    connections: Annotated[int, Field(ge=1, le=32)] = 4


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


class Person(Section):
    """Somebody at the desk, known in the store and in logs by the name of this section alone."""

    name: Text
    email: Text


class Desk(Section):
    """Who answers for cases, when they work, and who is told when time runs out."""

    people: dict[str, Person] = {}
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


class Web(Section):
    """The customers' pages. Without `url` no message links to them."""

    url: str = ""
    """How customers reach them from outside, as https://postventa.tienda.example"""
    secret_env: str = "POSTVENTA_WEB_SECRET"  # noqa: S105 - a name, not the secret
    api_key_env: str = ""
    """The environment variable with the key of the JSON endpoint; without it the endpoint is closed."""
    requests_per_minute: Annotated[int, Field(ge=1)] = 30
    """From one address, for pages that write."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For and -Proto are believed; nobody's where empty."""


class Mailbox(Section):
    """A mailbox that customers complain to, read over IMAP."""

    shop: Text
    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    security: Literal["none", "starttls", "tls"] = "tls"
    ca_file: str = ""
    user: Text
    password_env: Text
    folder: Text = "INBOX"
    done_folder: str = ""
    """Where a mail goes once it is a case; marked as read in place where empty."""


class Files(Section):
    """Where customers' files and letters as sent are kept, outside the database."""

    path: Text = "files"
    max_megabytes: Annotated[float, Field(gt=0)] = 10
    """For each file; a case takes ten of them."""


class Policy(Section):
    jurisdiction: Text = "ES"
    rules: str = ""
    """A folder of the shop's own promises and internal clocks, written like `postventa/rules/law/`."""
    informs_of_withdrawal: bool = True
    """Whether the shop can prove that it told its customers of the right to withdraw; else it lasts 12 months longer."""
    collects_returns: bool = False
    """The shop fetches what comes back: then no refund may wait for the goods (LGDCU 107.3)."""
    pays_returns: bool = False
    returns_address: str = ""
    """Where goods are sent back to; the company's address where empty."""
    standard_delivery: Annotated[Decimal, Field(ge=0)] | None = None
    """What the ordinary delivery costs, tax included: who chose a dearer one gets back so much of it (LGDCU 107.2)."""
    exemptions: dict[str, tuple[str, ...]] = {}
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
    managers: tuple[str, ...] = ()
    """Who gets the night's summary, names in [desk.people]; the desk's manager where empty."""

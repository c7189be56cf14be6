"""The sections about a shop and whoever works for it outside: its carriers, and the mailboxes that customers write to."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from postventa.rules.orders import FulfilmentState
from postventa.section_kinds import Language, Place, Section, Text, Url, Zone, wrong_at


class ReviewCoupon(Section):
    """A coupon for a review, whatever it says; its presence switches it on (LGDCU 20.4, LCD 27.8)."""

    percent: Annotated[int, Field(ge=1, le=50)]
    conditions_url: Url
    """Where the shop says for what, to whom and until when, and that such reviews are marked (LSSI 20.2)."""
    days: Annotated[int, Field(ge=14, le=365)] = 60
    monthly: Annotated[int, Field(ge=1)] = 100
    """No more than so many in a calendar month."""


Days = Annotated[int, Field(ge=0, le=60)]


class SilenceLimits(Section):
    """From how many working days on the desk is told that an order is silent; 0 for never."""

    label_days: Days = 3
    """Since it was paid, without a parcel."""
    handover_days: Days = 2
    """Since its label, without the carrier having it."""
    scan_days: Days = 4
    """Since the carrier's last scan."""
    scan_days_by_country: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], Days] = Field(
        default_factory=dict
    )
    """The same by where it goes, as `{ ES = 3, PT = 5 }`."""
    news_days: Days = 10
    """Since it left with nobody whom we could ask."""


class Shop(Section):
    platform: Text
    """A file name in `postventa/connectors/shops/`."""
    url: Place
    """Where it is on the web; or, without a key, the folder that its files are dropped into."""
    key_env: str = ""
    secret_env: str = ""
    webhook_secret_env: str = ""
    """The environment variable with the secret that the shop signs its webhooks with; without it none is taken."""
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
    statuses: dict[str, FulfilmentState] = Field(default_factory=dict)
    """The shop's own statuses, and what each says of the goods."""
    columns: dict[str, str] = Field(default_factory=dict)
    """A heading in the shop's own files -> the column that it is."""
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
    review_days: dict[str, Annotated[int, Field(ge=3, le=14)]] = Field(default_factory=dict)
    """SKUs, `*` for any rest -> days from the last parcel to the request; `policy.review_delay_days` for the others."""
    review_coupon: ReviewCoupon | None = None
    texts: tuple[str, ...] = ()
    """Messages that go as a text too, where the customer left a mobile number; a review request goes as one instead."""
    silence: SilenceLimits = SilenceLimits()
    """When the desk is told that an order is silent."""
    reconcile_days: Annotated[int, Field(ge=1, le=90)] = 7
    """Each night, orders that changed in the shop within so many days are held against ours."""
    carriers: dict[str, str] = Field(default_factory=dict)
    """The shop's word for a carrier -> a name in [carriers]; matched without regard to case."""
    default_carrier: str = ""
    """The carrier asked about parcels whose carrier the shop does not name."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @model_validator(mode="after")
    def _has_a_key_on_the_web_and_a_folder_elsewhere(self) -> Self:
        is_on_the_web = self.url.startswith(("http://", "https://"))
        if is_on_the_web and not self.key_env:
            raise wrong_at("key_env", "missing", "is missing", self.url)
        if self.key_env and not is_on_the_web:
            raise wrong_at("url", "value_error", "must start with http:// or https://", self.url)
        return self


class Carrier(Section):
    adapter: Text
    """A file name in `postventa/connectors/carriers/`."""
    display_name: str = ""
    """How customers know the carrier; the shop's word for it where empty."""
    url: Url
    key_env: Text
    secret_env: str = ""
    """The second secret, for those who ask for two."""
    account: dict[str, str] = Field(default_factory=dict)
    """What else the contract says: user, customer number ... by the names that the adapter asks for."""
    slug: str = ""
    """Who is meant, in the words of an adapter that asks many carriers."""
    link: Annotated[str, Field(pattern=r"^(https?://.*\{number\}.*)?$")] = ""
    """Where customers follow a parcel, with `{number}` and perhaps `{postcode}`; the adapter's own where empty."""
    ca_file: str = ""
    timezone: Zone = "Europe/Madrid"
    """The zone of this carrier's times where it does not write one."""
    requests_per_second: Annotated[float, Field(gt=0)] = 1
    connections: Annotated[int, Field(ge=1, le=32)] = 4
    reconcile_calls: Annotated[int, Field(ge=0)] | None = None
    """So many parcels of each shop are asked about once more at night, where a key allows few calls; all if left out."""


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

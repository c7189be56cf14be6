"""Invented people who buy: names from Faker, addresses that could be in Spain, Catalonia, Britain or the States."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from faker import Faker

LOCALES = {"es": "es_ES", "ca": "es_CA", "en": "en_GB"}
POOL = 150

# (city, province code as WooCommerce keeps it, postcode prefix)
PLACES = {
    "es": (
        ("Madrid", "M", "280"),
        ("Sevilla", "SE", "410"),
        ("Zaragoza", "Z", "500"),
        ("Málaga", "MA", "290"),
        ("Bilbao", "BI", "480"),
        ("Valladolid", "VA", "470"),
        ("A Coruña", "C", "150"),
        ("Alacant/Alicante", "A", "030"),
        ("Oviedo", "O", "330"),
        ("Las Palmas de Gran Canaria", "GC", "350"),
    ),
    "ca": (
        ("Barcelona", "B", "080"),
        ("Girona", "GI", "170"),
        ("Lleida", "L", "250"),
        ("Tarragona", "T", "430"),
        ("L'Hospitalet de Llobregat", "B", "089"),
        ("Vic", "B", "085"),
        ("La Seu d'Urgell", "L", "257"),
        ("Palma", "PM", "070"),
    ),
    "en": (
        ("London", "", "SW1A"),
        ("Bristol", "", "BS1"),
        ("Leeds", "", "LS2"),
        ("Edinburgh", "", "EH1"),
    ),
    "us": (
        ("Denver", "CO", "802"),
        ("Portland", "OR", "972"),
        ("Burlington", "VT", "054"),
    ),
}
STREETS = {
    "es": (
        "Calle Mayor",
        "Avenida de la Constitución",
        "Calle de Alcalá",
        "Plaza de España",
        "Paseo del Prado",
    ),
    "ca": (
        "Carrer Major",
        "Carrer de Mallorca",
        "Avinguda Diagonal",
        "Plaça de la Vila",
        "Passeig de Gràcia",
    ),
    "en": ("High Street", "Station Road", "Church Lane", "Mill Lane", "Queen's Road"),
    "us": ("Main Street", "Maple Avenue", "Pine Street"),
}
FLOORS = ("", "", "", "3º Izq.", "Bajos 2ª", "Esc. B, 4º 1ª", "Flat 2")

# Names that have broken pages, mails and CSV files before.
HOSTILE = (
    ("<script>alert(1)</script>", "Garcia"),
    ('Ana "La Jefa"', "O'Higgins & Fills"),
    ("Zoë 🏔️", "Núñez-Ångström"),
    ("María de los Ángeles Inmaculada Concepción", "Fernández de Córdoba y Álvarez de Toledo " * 3),
    ("{{ 7*7 }}", "%s ${x}"),
    ("Bobby'); DROP TABLE orders;--", "Tables"),
)
HOSTILE_SHARE = 0.012


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with one address. `ref` 0 is a guest."""

    ref: int
    first_name: str
    last_name: str
    company: str
    address_1: str
    address_2: str
    city: str
    state: str
    postcode: str
    country: str
    email: str
    phone: str


def somebody(rng: Random, seed: int, language: str, number: int, *, guest: bool, abroad: bool) -> Person:
    """Customer `number` who shops in `language`, and lives in the States if `abroad`."""
    first_names, last_names = _names(seed, language)
    first, last = rng.choice(first_names), rng.choice(last_names)
    if language != "en":
        last = f"{last} {rng.choice(last_names)}"
    address = f"{_plain(first)}.{_plain(last)}.{number}@{rng.choice(('correo', 'buzon'))}.example"
    if rng.random() < HOSTILE_SHARE:
        first, last = (part.strip() for part in rng.choice(HOSTILE))
    land = "us" if abroad else language
    city, state, prefix = rng.choice(PLACES[land])
    return Person(
        ref=0 if guest else 100 + number,
        first_name=first,
        last_name=last,
        company="Excursions Pirineu, S.L." if rng.random() < 0.03 else "",
        address_1=f"{rng.choice(STREETS[land])}, {rng.randint(1, 180)}",
        address_2=rng.choice(FLOORS),
        city=city,
        state=state,
        postcode=_postcode(rng, land, prefix),
        country={"us": "US", "en": "GB"}.get(land, "ES"),
        email=_as_typed(rng, address, guest=guest),
        phone=_phone(rng, land),
    )


def _as_typed(rng: Random, address: str, *, guest: bool) -> str:
    """Guests type their address as they please, and a very few leave none (a phone order)."""
    if not guest:
        return address
    roll = rng.random()
    if roll < 0.005:
        return ""
    return address.title() if roll < 0.05 else address


def _postcode(rng: Random, land: str, prefix: str) -> str:
    if land == "en":
        return f"{prefix} {rng.randint(1, 9)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQRS')}"
    return f"{prefix}{rng.randint(1, 49):02d}"


def _phone(rng: Random, land: str) -> str:
    if land == "en":
        return f"+44 7700 900{rng.randint(0, 999):03d}"
    if land == "us":
        return f"+1 202 555 01{rng.randint(0, 99):02d}"
    number = f"6{rng.randint(0, 99):02d} {rng.randint(0, 999):03d} {rng.randint(0, 999):03d}"
    return rng.choice((number, f"+34 {number}", number.replace(" ", "")))


def _plain(name: str) -> str:
    """A name as it stands in an e-mail address."""
    stripped = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "".join(letter for letter in stripped.split(" ")[0] if letter.isalnum()) or "client"


@lru_cache(maxsize=16)
def _names(seed: int, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    faker = Faker(LOCALES[language])
    faker.seed_instance(seed)
    return tuple(faker.first_name() for _ in range(POOL)), tuple(faker.last_name() for _ in range(POOL))

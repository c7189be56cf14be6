"""Which link a customer gets for a parcel: never one that a number alone suggests."""

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from postventa.shop_sections import Carrier
from postventa.tracking_numbers import link_of, postcode_of

CORREOS = "PQ856C0710027820144566Q"


AFTERSHIP = {"adapter": "aftership", "url": "https://x.example", "key_env": "K"}
WRITTEN = {
    "dhl": AFTERSHIP | {"adapter": "dhl"},
    "bunch": AFTERSHIP,
    "one": AFTERSHIP | {"slug": "spanish-seur"},
    "own": AFTERSHIP | {"link": "https://tienda.example/donde?n={number}&cp={postcode}"},
}
SETTINGS: Any = SimpleNamespace(
    carriers={name: Carrier.model_validate(written) for name, written in WRITTEN.items()}
)


def parcel(carrier: str | None, word: str = "", number: str = CORREOS, url: str = "") -> Any:
    return SimpleNamespace(carrier=carrier, carrier_word=word, tracking_number=number, tracking_url=url)


@pytest.mark.parametrize(
    ("said", "link"),
    [
        (parcel("dhl", url="HTTPS://x.example/1"), "HTTPS://x.example/1"),
        (
            parcel("dhl", url="javascript:alert(1)", number="1"),
            "https://www.dhl.com/es-es/home/tracking.html?",
        ),
        (parcel("dhl", "correos"), "https://www.dhl.com/"),
        (parcel("bunch", "Correos"), "https://www.correos.es/"),
        (parcel(None, "MRW"), "https://www.mrw.es/"),
        (parcel("one", "mi transportista"), "https://www.seur.com/"),
        (parcel("own", "correos", "a 1"), "https://tienda.example/donde?n=A1&cp=17001"),
        (parcel("gone", "GLS", "61143283984788"), "https://mygls.gls-spain.es/e/61143283984788/17001/es"),
    ],
)
def test_the_link_is_the_carriers_own_or_made_of_what_the_shop_calls_it(said, link):
    assert link_of(SETTINGS, said, "17001").startswith(link)


@pytest.mark.parametrize("said", [parcel(None), parcel(None, "mensajero"), parcel("bunch", "la de siempre")])
def test_what_a_number_looks_like_makes_no_link(said):
    assert link_of(SETTINGS, said, "17001") == ""


def test_a_template_that_lacks_the_postcode_makes_no_link():
    assert link_of(SETTINGS, parcel("own", "correos")) == ""


@pytest.mark.parametrize(
    ("details", "postcode"),
    [
        ({"shipping": {"postcode": "17001"}, "billing": {"postcode": "08001"}}, "17001"),
        ({"shipping": None, "billing": {"postcode": "08001"}}, "08001"),
        ({"shipping": None, "billing": None}, ""),
    ],
)
def test_the_postcode_is_where_the_order_goes(details, postcode):
    assert postcode_of(SimpleNamespace(details=details)) == postcode


def test_a_link_of_the_configuration_needs_the_number_in_it():
    with pytest.raises(ValidationError, match="link"):
        Carrier.model_validate(AFTERSHIP | {"link": "https://x.example/donde"})

"""`postventa tracking`: a suggestion for a person, and the parcels of ours that have the number."""

from sqlalchemy import select

from postventa.store.database import open_store
from postventa.store.orders import OrderRow
from postventa.store.shipments import ShipmentRow


def test_a_number_of_ours_is_found_however_it_is_typed_and_its_carrier_is_only_suggested(ask, story):
    store = open_store(f"sqlite:///{story.config.parent / 'postventa.db'}")
    with store.connect() as connection:
        number, order = connection.execute(
            select(ShipmentRow.tracking_number, OrderRow.ref).join(OrderRow).limit(1)
        ).one()
    answer = ask("tracking", f"{number[:2].lower()} {number[2:]}", "--json")
    assert answer.json["number"] == number
    assert [one["order"] for one in answer.json["parcels"]] == [f"tienda:{order}"]
    assert [one["carrier"] for one in answer.json["suggestions"]] == ["dhl"]
    told = ask("tracking", number).out
    assert "This is a suggestion: nobody is asked" in told
    assert f"tienda:{order}: dhl, " in told


def test_a_right_check_digit_a_wrong_one_and_a_number_of_nobodys_are_told_apart(ask):
    right = ask("tracking", "PQ856C0710027820144566Q").out
    assert "Correos: a parcel of Correos, and its check digit is right  https://www.correos.es/" in right
    assert "No parcel of ours has it." in right
    wrong = ask("tracking", "1Z999AA10123456785", "--json")
    assert (wrong.code, wrong.json["mistyped"][0]["carrier"], wrong.json["suggestions"]) == (0, "ups", [])
    assert "its check digit is wrong: mistyped?" in ask("tracking", "1Z999AA10123456785").out
    assert "No carrier that we know" in ask("tracking", "hola").out
    gls = ask("tracking", "61143283984788", "--postcode", "17001").out
    assert "https://mygls.gls-spain.es/e/61143283984788/17001/es" in gls

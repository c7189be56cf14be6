"""Why something went wrong, where a carrier says it in words alone: phrases that can mean nothing else, in three languages."""

from postventa.connectors.carriers._reading import Phrases, phrases, says
from postventa.rules.incidents import IncidentReason as Why
from postventa.rules.shipments import ShipmentStatus as Is

WENT_WRONG = frozenset({Is.DELIVERY_FAILED, Is.ON_HOLD, Is.EXCEPTION, Is.RETURN_TO_SENDER})

# Read from the top: the first row one of whose phrases fits decides.
REASONS: tuple[tuple[Why, Phrases], ...] = (
    (
        Why.CONSIGNEE_REFUSED,
        phrases(
            "refused by the recipient | recipient refused | recipient has refused | refused delivery"
            "| rehusado por el destinatario | rechazado por el destinatario | destinatario rechaza"
            "| annahme verweigert | annahme der sendung verweigert"
        ),
    ),
    (
        Why.CONSIGNEE_NOT_HOME,
        phrases(
            "not at home | recipient not available | recipient was not available | nobody at home"
            "| destinatario ausente | ausente en reparto | nicht angetroffen"
        ),
    ),
    (
        Why.CONSIGNEE_BUSINESS_CLOSED,
        phrases(
            "business closed | premises closed | establecimiento cerrado | comercio cerrado | geschäft geschlossen"
        ),
    ),
    (
        Why.CONSIGNEE_INCORRECT_ADDRESS,
        phrases(
            "incorrect address | address is incorrect | incomplete address | address is incomplete"
            "| dirección incorrecta | dirección incompleta | direccion incorrecta | direccion incompleta"
            "| destinatario desconocido | adresse unvollständig | adresse ist falsch | empfänger unbekannt"
        ),
    ),
    (Why.CUSTOMS_INSPECTION, phrases("customs inspection | inspección aduanera | zollbeschau")),
    (
        Why.CUSTOMS_DUTIES_UNPAID,
        phrases(
            "payment of duties | duties must be paid | pago de aranceles | pago de impuestos de importación"
        ),
    ),
    (
        Why.WEATHER_DELAY,
        phrases(
            "weather conditions | adverse weather | condiciones meteorológicas | clima adverso | wetterbedingt"
        ),
    ),
    (
        Why.CARRIER_DAMAGED_PARCEL,
        phrases("has been damaged | was damaged | envío dañado | paquete dañado | wurde beschädigt"),
    ),
    (
        Why.CARRIER_PARCEL_LOST,
        phrases("has been lost | envío extraviado | paquete extraviado | ist verloren gegangen"),
    ),
    (
        Why.CARRIER_SORTING_ERROR,
        phrases("sorting error | missorted | mis-sorted | error de clasificación | fehlgeleitet"),
    ),
)


def reason_in(status: Is, said: str) -> Why | None:
    """The reason that the words of an incident give; None where they give none, or nothing went wrong."""
    lower = said.casefold()
    return next((why for why, any_of in REASONS if status in WENT_WRONG and says(lower, any_of)), None)

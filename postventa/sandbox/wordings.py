"""The carrier's words: for each scan its code, its short status and its sentence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`code` is one of DHL's five (`pre-transit`, `transit`, `delivered`, `failure`, `unknown`) but for one row."""

    code: str
    status: str
    description: str
    next_steps: str = ""


# The five codes hide much: out for delivery, a parcel shop and a moving lorry are all `transit`, and a partial
# delivery is `delivered`. Only the words tell.
WORDINGS = {
    "label": Wording(
        "pre-transit",
        "The instruction data for this shipment have been provided by the sender to DHL electronically",
        "Label created",
        "The shipment will be handed over to DHL.",
    ),
    "picked_up": Wording("transit", "Shipment picked up", "The shipment has been picked up from the sender"),
    "transit": Wording("transit", "Processed", "The shipment has been processed in the parcel center"),
    "unknown_code": Wording("customs-hold", "HX-17", "Status HX-17"),
    "out": Wording(
        "transit",
        "Out for delivery",
        "The shipment has been loaded onto the delivery vehicle",
        "The shipment is delivered to the recipient today.",
    ),
    "delivered": Wording("delivered", "Delivered", "The shipment has been successfully delivered"),
    "failed": Wording(
        "failure",
        "Delivery attempt unsuccessful",
        "The recipient was not at home; the delivery could not be made",
        "A second delivery attempt is made on the next working day.",
    ),
    "to_pickup": Wording("transit", "Redirected", "The shipment is being brought to a DHL ServicePoint"),
    "pickup": Wording(
        "transit",
        "Ready for collection",
        "The shipment is ready for pick-up at the DHL ServicePoint",
        "The recipient can collect the shipment with an identity document.",
    ),
    "collected": Wording(
        "delivered", "Delivered", "The recipient has collected the shipment from the ServicePoint"
    ),
    "refused": Wording("failure", "Delivery refused", "The recipient refused acceptance of the shipment"),
    "returning": Wording("failure", "Return to sender", "The shipment is being returned to the sender"),
    "returned": Wording("failure", "Returned to sender", "The shipment has been returned to the sender"),
    "partial": Wording("delivered", "Partial delivery", "Partially delivered: 1 of 2 pieces delivered"),
}

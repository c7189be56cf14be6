"""The demo's returns, in every state: who sends what back at which hour of the story, and what the desk does about it.

A withdrawal in time passes through the first states at once; what rests in them is what the law does not oblige the
shop to take unseen. Everybody in here is invented.
"""

from collections.abc import Generator

from postventa import return_decisions, returns
from postventa.demo.rhythm import DAY, shortly_before
from postventa.demo.stage import LEAD, OWNER, Buyer, Script, Stage
from postventa.rules.returns import ReturnKind

Acts = Generator[float, None, None]


def withdrawn_and_paid_back(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "Desisto del contrato: no es lo que esperaba.")
    yield 5 * DAY + 2
    stage.note(returns.track, case, "DHL", "JD014600099901", who=OWNER)
    yield 6 * DAY + 4
    stage.act(returns.receive, case, at=stage.now, who=LEAD)
    yield 6 * DAY + 6
    stage.act(returns.inspect, case, who=LEAD, finding="Todo completo y sin usar.")
    yield 7 * DAY
    stage.shop.give_back(who.ref)


def withdrawn_in_part(stage: Stage) -> Acts:
    who = stage.buyer("delivered", lines=2)
    if who is not None:
        stage.withdraw(who, "Torno només un dels articles.", lines=1, language="ca")
    yield from ()


def on_its_way_back(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "I withdraw from the contract for the whole order.", language="en")
    yield 14 * DAY + 3
    stage.note(returns.track, case, "DHL", "JD014600099902", who=OWNER)


def back_and_due(stage: Stage) -> Acts:
    """Inspected and in order: the refund is due, with the day by which the money must be back."""
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "Lo devuelvo todo.")
    yield 15 * DAY + 5
    stage.act(returns.receive, case, at=stage.now, who=LEAD)
    yield 16 * DAY + 2
    stage.act(returns.inspect, case, who=LEAD)


def back_and_not_looked_at(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "No em va bé la talla.", language="ca")
    yield 20 * DAY + 3
    stage.act(returns.receive, case, at=stage.now, who=LEAD)


def withdrawn_before_it_left(stage: Stage) -> Acts:
    who = stage.buyer("in_preparation")
    if who is None:
        return
    stage.withdraw(who, "Me lo he pensado mejor: no lo quiero.")
    yield 34
    stage.shop.give_back(who.ref)


def opened_cream(stage: Stage) -> Acts:
    """A sealed cream is excepted; a person at the desk declines it, with the article and the evidence."""
    who = stage.buyer("delivered", sku="CRE-50")
    if who is None:
        return
    case = stage.withdraw(who, "La crema no me gusta, la he probado una vez.")
    yield 5 * DAY + 5
    stage.act(
        return_decisions.decline,
        case,
        who=LEAD,
        letter="e",
        evidence="Nos escribes que la abriste; el precinto y la ficha del producto avisan de que entonces no se puede devolver.",
    )


def looked_at_and_not_decided(stage: Stage) -> Acts:
    """Another opened cream: it came back before anybody had decided, and somebody has looked at it."""
    who = stage.buyer("delivered", sku="CRE-50")
    if who is None:
        return
    case = stage.withdraw(who, "Vull tornar la crema.", language="ca")
    yield 15 * DAY
    stage.act(returns.receive, case, at=stage.now, who=LEAD)
    yield 18 * DAY
    stage.act(returns.inspect, case, who=LEAD, finding="El precinte sembla obert; cal decidir si s'accepta.")


def kept_after_all(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "Quiero devolver el pedido.")
    yield 6 * DAY
    stage.note(returns.cancel, case, who=OWNER)


def kept_and_put_away(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "Vull tornar la comanda.", language="ca")
    yield 6 * DAY + 1
    stage.note(returns.cancel, case, who=OWNER)
    yield 7 * DAY
    stage.note(returns.close, case, who=OWNER)


def from_an_address_nobody_knows(stage: Stage) -> Acts:
    """It is acknowledged like any other; a person finds out which order is meant."""
    who = Buyer(0, "10999", "", "Elena Duarte", "elena.duarte@correo.example", {})
    stage.withdraw(who, "Les comunico que desisto de mi compra.", is_verified=False)
    yield from ()


def exchanged(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "Too small; I would rather have the next size.", language="en")
    yield 6 * DAY + 7
    stage.act(returns.receive, case, at=stage.now, who=LEAD)
    yield 7 * DAY + 1
    stage.note(returns.exchange, case, who=LEAD)


def asked_for_on_the_telephone(stage: Stage) -> Acts:
    """A fault after weeks of use: nobody has accepted or declined it yet."""
    who = stage.buyer("delivered")
    if who is None:
        return
    text = "Se le ha abierto la cremallera a las dos semanas de usarlo y lo quiero devolver."
    stage.ask_to_return(who, ReturnKind.NON_CONFORMITY, text)
    yield from ()


def accepted_and_its_label_to_come(stage: Stage) -> Acts:
    """A fault that the desk has accepted; the carrier has yet to send the label for the way back."""
    who = stage.buyer("delivered")
    if who is None:
        return
    text = "Se li ha obert una costura en rentar-lo i el vull tornar."
    case = stage.ask_to_return(who, ReturnKind.NON_CONFORMITY, text, language="ca")
    yield shortly_before(21, 8)
    stage.act(return_decisions.approve, case, who=LEAD, is_told_later=True)


RETURNED: tuple[tuple[float, Script], ...] = (
    (shortly_before(1, 8), withdrawn_before_it_left),
    (shortly_before(4, 8), withdrawn_and_paid_back),
    (shortly_before(5, 4), opened_cream),
    (shortly_before(5, 4), kept_after_all),
    (shortly_before(5, 8), exchanged),
    (shortly_before(5, 8), kept_and_put_away),
    (shortly_before(9, 8), looked_at_and_not_decided),
    (shortly_before(11, 8), back_and_due),
    (shortly_before(13, 8), withdrawn_in_part),
    (shortly_before(13, 8), on_its_way_back),
    (shortly_before(13, 8), back_and_not_looked_at),
    (shortly_before(17, 8), from_an_address_nobody_knows),
    (shortly_before(19, 8), accepted_and_its_label_to_come),
    (shortly_before(21, 8), asked_for_on_the_telephone),
)

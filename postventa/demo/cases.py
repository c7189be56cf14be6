"""The demo's complaints and returns, in every state: who writes what at which hour of the story, and what the desk does.

The hours count from the Monday morning on which the story begins; two complaints are older and near or past their day.
Everybody in here is invented.
"""

from collections.abc import Generator

from postventa import complaints, return_decisions, returns
from postventa.demo.stage import Buyer, Script, Stage
from postventa.rules.compensation import Fault
from postventa.rules.complaints import Kind, Outcome, Topic

DAY = 24.0
OWNER, LEAD, MANAGER = "ana", "joan", "marta"
Acts = Generator[float, None, None]


def forgotten(stage: Stage) -> Acts:
    """Nobody answers it: on the third day of the story its fifteen days are over."""
    text = "El hornillo que compré en octubre pierde gas por la rosca. Lo he dejado de usar por miedo a un accidente."
    stage.complain(Kind.CLAIM, Topic.PRODUCT, "es", text, ("Rosa Ibáñez", "rosa.ibanez@correo.example"))
    yield from ()


def nearly_due(stage: Stage) -> Acts:
    """Somebody works on it, and its last day comes nearer."""
    text = "M'heu cobrat dues vegades la mateixa motxilla: una el dia 3 i una altra el dia 5. Vull que me'n torneu una."
    case = stage.complain(
        Kind.CLAIM, Topic.BILLING, "ca", text, ("Jordi Camps", "jordi.camps@correu.example")
    )
    yield 1 * DAY + 2
    stage.act(complaints.take, case, OWNER, by=OWNER)
    yield 2 * DAY + 3
    words = "Hem demanat al banc el detall dels dos càrrecs. Us direm el resultat tan bon punt el tinguem."
    stage.act(complaints.hold, case, words, by=OWNER)


def answered_and_closed(stage: Stage) -> Acts:
    who = stage.buyer("in_preparation")
    if who is None:
        return
    text = "Could you tell me whether the parcel will reach me before Friday? I am away from Saturday on."
    case = stage.complain(Kind.QUERY, Topic.DELIVERY, "en", text, who)
    yield 30
    stage.act(complaints.take, case, OWNER, by=OWNER)
    reason = "Your order is packed today and the carrier needs two working days, so it should be with you on Thursday."
    stage.answer(case, Outcome.UPHELD, [reason], OWNER)
    yield 5 * DAY
    stage.act(complaints.close, case, by=OWNER)


def late_and_made_good(stage: Stage) -> Acts:
    """The carrier's fault: delivery costs are paid back, and the answer says so."""
    who = stage.buyer("shipped")
    if who is None:
        return
    text = "El paquete lleva dos días parado en el mismo almacén y nadie me dice cuándo llega."
    case = stage.complain(Kind.COMPLAINT, Topic.DELIVERY, "es", text, who)
    yield 3 * DAY + 3
    stage.act(complaints.take, case, LEAD, by=OWNER)
    stage.compensate(case, "late_delivery", LEAD, MANAGER, fault=Fault.CARRIER)
    reason = "El transportista clasificó mal su paquete en el almacén de destino; ayer lo volvió a cargar para el reparto."
    stage.answer(case, Outcome.UPHELD, [reason], LEAD)


def rejected_and_reopened(stage: Stage) -> Acts:
    text = "1. Les botes em fan mal.\n2. Ningú no em va dir que tallaven petit."
    case = stage.complain(
        Kind.COMPLAINT, Topic.PRODUCT, "ca", text, ("Mercè Vila", "merce.vila@correu.example")
    )
    yield 3 * DAY
    stage.act(complaints.take, case, OWNER, by=OWNER)
    reasons = [
        "El peu s'acostuma a la bota en unes quantes sortides; si és de la vostra talla, no hi ha cap defecte.",
        "La fitxa del producte avisa que la talla és petita i recomana demanar-ne mig número més.",
    ]
    stage.answer(case, Outcome.REJECTED, reasons, OWNER)
    yield 6 * DAY
    stage.add(case, "No hi estic d'acord: la fitxa no deia res de la talla el dia que les vaig comprar.")


def asked_for_more(stage: Stage) -> Acts:
    text = "La tienda de campaña llegó rota."
    case = stage.complain(
        Kind.INCIDENT, Topic.PRODUCT, "es", text, ("Íñigo Sanz", "inigo.sanz@correo.example")
    )
    yield 4 * DAY + 4
    stage.act(complaints.take, case, OWNER, by=OWNER)
    words = "Díganos, por favor, el número de su pedido y qué parte está rota; una foto nos ayudaría."
    stage.act(complaints.ask_for_more, case, words, by=OWNER)


def gone_to_dispute_resolution(stage: Stage) -> Acts:
    text = "The rope has a flat spot and I want my money back although I have cut it to length."
    case = stage.complain(Kind.CLAIM, Topic.PRODUCT, "en", text, ("Owen Hart", "owen.hart@post.example"))
    yield 3 * DAY + 6
    stage.act(complaints.take, case, LEAD, by=LEAD)
    reason = "Our workshop examined the photographs: the flat spot comes from a carabiner edge, not from manufacture."
    stage.answer(case, Outcome.REJECTED, [reason], LEAD)
    yield 6 * DAY + 2
    stage.act(complaints.refer, case, by=LEAD)


def taken_back(stage: Stage) -> Acts:
    text = "No encuentro la factura de mi pedido en el correo."
    case = stage.complain(
        Kind.QUERY, Topic.BILLING, "es", text, ("Lucía Prats", "lucia.prats@correo.example")
    )
    yield 4 * DAY + 1
    stage.act(complaints.withdraw, case, by=OWNER)


def in_progress(stage: Stage) -> Acts:
    text = "He demanat dues vegades que esborreu el meu número de telèfon i encara rebo trucades."
    case = stage.complain(
        Kind.COMPLAINT, Topic.PRIVACY, "ca", text, ("Núria Bosch", "nuria.bosch@correu.example")
    )
    yield 6 * DAY + 4
    stage.act(complaints.take, case, MANAGER, by=LEAD)


def just_acknowledged(stage: Stage) -> Acts:
    text = "En la web dice que abren hasta las ocho y nadie coge el teléfono a partir de las seis."
    stage.complain(Kind.COMPLAINT, Topic.SERVICE, "es", text, ("Pablo Rey", "pablo.rey@correo.example"))
    yield from ()


def just_received(stage: Stage) -> Acts:
    """Its receipt leaves with the next run."""
    text = "Do you ship to Andorra, and who pays the customs duties?"
    stage.complain(Kind.QUERY, Topic.DELIVERY, "en", text, ("Grace Lowe", "grace.lowe@post.example"))
    yield from ()


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
    stage.give_back(who.ref)


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
    yield 6 * DAY + 3
    stage.note(returns.track, case, "DHL", "JD014600099902", who=OWNER)


def back_and_due(stage: Stage) -> Acts:
    """Inspected and in order: the refund is due, with the day by which the money must be back."""
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "Lo devuelvo todo.")
    yield 6 * DAY + 5
    stage.act(returns.receive, case, at=stage.now, who=LEAD)
    yield 7 * DAY + 2
    stage.act(returns.inspect, case, who=LEAD)


def back_and_not_looked_at(stage: Stage) -> Acts:
    who = stage.buyer("delivered")
    if who is None:
        return
    case = stage.withdraw(who, "No em va bé la talla.", language="ca")
    yield 7 * DAY + 3
    stage.act(returns.receive, case, at=stage.now, who=LEAD)


def withdrawn_before_it_left(stage: Stage) -> Acts:
    who = stage.buyer("in_preparation")
    if who is not None:
        stage.withdraw(who, "Me lo he pensado mejor: no lo quiero.")
    yield from ()


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
        evidence="The customer writes that it was opened; the seal and the page of the product say that it cannot come back then.",
    )


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


SCRIPTS: tuple[tuple[float, Script], ...] = (
    (-13 * DAY + 2, forgotten),
    (-5 * DAY + 4, nearly_due),
    (26, answered_and_closed),
    (28, withdrawn_before_it_left),
    (2 * DAY + 2, late_and_made_good),
    (1 * DAY + 5, rejected_and_reopened),
    (2 * DAY + 4, gone_to_dispute_resolution),
    (3 * DAY + 2, taken_back),
    (4 * DAY, asked_for_more),
    (5 * DAY + 3, in_progress),
    (7 * DAY, just_acknowledged),
    (8 * DAY + 0.2, just_received),
    (4 * DAY + 6, withdrawn_and_paid_back),
    (4 * DAY + 7, withdrawn_in_part),
    (5 * DAY, on_its_way_back),
    (5 * DAY + 1, back_and_due),
    (5 * DAY + 1, back_and_not_looked_at),
    (5 * DAY + 2, opened_cream),
    (5 * DAY + 3, kept_after_all),
    (5 * DAY + 4, exchanged),
    (5 * DAY + 5, kept_and_put_away),
    (6 * DAY + 2, from_an_address_nobody_knows),
)

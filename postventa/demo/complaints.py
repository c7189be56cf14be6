"""The demo's complaints, in every state: who writes what at which hour of the story, and what the desk does about it.

The hours count from the Monday morning on which the story begins. Everybody in here is invented.
"""

from collections.abc import Generator

from postventa import complaints
from postventa.demo.rhythm import DAY, END, shortly_before
from postventa.demo.stage import LEAD, MANAGER, OWNER, Script, Stage
from postventa.rules.compensation import Fault
from postventa.rules.complaints import Kind, Outcome, Topic

Acts = Generator[float, None, None]


def forgotten(stage: Stage) -> Acts:
    """Nobody answers it: before the story is over its fifteen days are."""
    text = "El hornillo que compré en octubre pierde gas por la rosca. Lo he dejado de usar por miedo a un accidente."
    stage.complain(Kind.CLAIM, Topic.PRODUCT, "es", text, ("Rosa Ibáñez", "rosa.ibanez@correo.example"))
    yield from ()


def nearly_due(stage: Stage) -> Acts:
    """Somebody works on it, and its last day comes nearer."""
    text = "M'heu cobrat dues vegades la mateixa motxilla: una el dia 3 i una altra el dia 5. Vull que me'n torneu una."
    case = stage.complain(
        Kind.CLAIM, Topic.BILLING, "ca", text, ("Jordi Camps", "jordi.camps@correu.example")
    )
    yield 7 * DAY + 2
    stage.act(complaints.take, case, OWNER, by=OWNER)
    yield 9 * DAY + 3
    words = "Hem demanat al banc el detall dels dos càrrecs. Us direm el resultat tan bon punt el tinguem."
    stage.act(complaints.hold, case, words, by=OWNER)


def answered_and_closed(stage: Stage) -> Acts:
    who = stage.buyer("in_preparation")
    if who is None:
        return
    text = "Could you tell me whether the parcel will reach me before Friday? I am away from Saturday on."
    case = stage.complain(Kind.QUERY, Topic.DELIVERY, "en", text, who)
    yield 33
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
    yield 12 * DAY
    stage.act(complaints.take, case, OWNER, by=OWNER)
    reasons = [
        "El peu s'acostuma a la bota en unes quantes sortides; si és de la vostra talla, no hi ha cap defecte.",
        "La fitxa del producte avisa que la talla és petita i recomana demanar-ne mig número més.",
    ]
    stage.answer(case, Outcome.REJECTED, reasons, OWNER)
    yield shortly_before(17, 8)
    stage.add(case, "No hi estic d'acord: la fitxa no deia res de la talla el dia que les vaig comprar.")


def asked_for_more(stage: Stage) -> Acts:
    text = "La tienda de campaña llegó rota."
    case = stage.complain(
        Kind.INCIDENT, Topic.PRODUCT, "es", text, ("Íñigo Sanz", "inigo.sanz@correo.example")
    )
    yield 15 * DAY + 4
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
    yield 18 * DAY + 4
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


COMPLAINTS: tuple[tuple[float, Script], ...] = (
    (shortly_before(1, 4), answered_and_closed),
    (shortly_before(2, 4), late_and_made_good),
    (shortly_before(2, 8), gone_to_dispute_resolution),
    (shortly_before(3, 4), taken_back),
    (shortly_before(4, 4), forgotten),
    (shortly_before(6, 8), nearly_due),
    (shortly_before(9, 8), rejected_and_reopened),
    (shortly_before(13, 8), asked_for_more),
    (shortly_before(17, 8), in_progress),
    (shortly_before(19, 8), just_acknowledged),
    (END + 0.2, just_received),
)

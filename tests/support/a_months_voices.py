"""What customers of a seeded month say: answers, reviews, complaints, returns; and the odd ones among them."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from a_months_orders import a_message, a_parcel, an_order
from a_months_rows import DAY, HOUR, NOW, AMonth

from postventa.store.asks import AnswerRow, AskRow
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow, EscalationRow
from postventa.store.complaints import ComplaintRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow, LineRow, OrderRow, RefundRow
from postventa.store.returns import RemedyRow, ReturnLineRow, ReturnRow
from postventa.store.reviews import ReviewRow

GOOD, BAD = (1, 2, 6, 30, 61), (22, 24, 24, 20, 10)
"""How often each of 1 to 5 is given."""
QUESTIONS = ("overall_experience", "order_condition", "delivery_time", "customer_care")


def answered(
    month: AMonth, draw: random.Random, order: dict[str, Any], arrived: datetime, *, was_bad: bool
) -> None:
    """The customer is asked seven days after the arrival; less than half of them answer."""
    due = arrived + 7 * DAY
    ask = an_ask(month, order, "delivery", arrived, due if due < NOW else None)
    if due >= NOW:
        return
    a_message(month, order, "review_requested", due, facts={"ask": ask["id"]})
    if draw.random() < 0.08:
        ask |= {"state": "suppressed", "reason": "opted_out", "asked_at": None}
        month.rows[OutboxRow][-1] |= {"outcome": "suppressed", "reason": "opted_out"}
        return
    at = due + timedelta(hours=draw.uniform(0.2, 120))
    if draw.random() < 0.55 and at < NOW:
        sheet(month, draw, order, at, was_bad=was_bad, ask=ask)


def an_ask(
    month: AMonth, order: dict[str, Any], survey: str, since: datetime, asked: datetime | None, **more: Any
) -> dict[str, Any]:
    row = {"subject": f"order:{order['id']}", "order_id": order["id"], "case_id": None, "survey": survey}
    row |= {"shop": order["shop"], "contact": f"{order['customer_id']:064x}", "reason": "", "since_at": since}
    row |= {"state": "asked" if asked else "planned", "next_at": None, "expires_at": since + 30 * DAY}
    row |= {"asked_at": asked, "reminded_at": None, "first_answer_at": None, "line_refs": "1"}
    month.add(AskRow, **row | more)
    return month.rows[AskRow][-1]


def sheet(
    month: AMonth,
    draw: random.Random,
    order: dict[str, Any],
    at: datetime,
    *,
    was_bad: bool = False,
    ask: dict[str, Any] | None = None,
    ref: str = "",
    survey: str = "delivery",
    scores: dict[str, int] | None = None,
) -> None:
    """A sheet of answers, on our page where there is an ask, else by an import."""
    one = {"shop": order["shop"], "order_id": order["id"], "survey": survey, "answered_at": at}
    one |= {"ask_id": ask["id"] if ask else None, "source": "page" if ask else "formularis"}
    one |= {"source_ref": str(ask["id"]) if ask else ref, "language": order["language"] or "es"}
    one |= {"changed_at": at, "reacted_at": at, "testimonial": ""}
    if ask is not None:
        ask |= {"state": "answered", "first_answer_at": ask["first_answer_at"] or at}
    level = draw.choices(range(1, 6), BAD if was_bad else GOOD)[0]
    drawn = {"overall_experience": level}
    for name in QUESTIONS[1:]:
        if draw.random() < 0.8:
            drawn[name] = min(5, max(1, level + draw.choice((-1, 0, 0, 1))))
    if draw.random() < 0.7:
        drawn["nps"] = min(10, max(0, 2 * level + draw.choice((-2, -1, 0, 1))))
    if survey == "resolution":
        drawn = {"csat": level, "ces": min(7, level + draw.randrange(3))}
    for name, number in (drawn if scores is None else scores).items():
        month.add(AnswerRow, **one, question=name, number=number, text="")
    if draw.random() < 0.3:
        words = f"Paraules pròpies número {len(month.rows[AnswerRow])}, truqueu-me"
        month.words.append(words)
        month.add(AnswerRow, **one, question="comment", number=None, text=words)


def reviewed(
    month: AMonth, draw: random.Random, order: dict[str, Any], at: datetime, *, was_bad: bool = False
) -> None:
    """A review of the order's first product, in the shop."""
    if at >= NOW:
        return
    number = len(month.rows[ReviewRow]) + 1
    words = f"Ressenya escrita número {number} amb el meu nom"
    month.words.append(words)
    line = next(line for line in month.rows[LineRow] if line["order_id"] == order["id"])
    row = {"shop": order["shop"], "source": "shop", "ref": str(number), "product_ref": line["product_ref"]}
    row |= {"order_id": order["id"], "customer_id": order["customer_id"], "text": words, "language": "ca"}
    row |= {"rating": draw.choices(range(1, 6), BAD if was_bad else GOOD)[0], "is_verified": True}
    row |= {"is_incentivised": False, "status": draw.choices(("approved", "hold", "spam"), (90, 6, 4))[0]}
    row |= {"written_at": at, "heard_at": at, "repeats": False, "testimonial": "", "reacted_at": at}
    month.add(ReviewRow, **row)


def a_case(month: AMonth, order: dict[str, Any], family: str, at: datetime, state: str) -> int:
    number, person = len(month.rows[CaseRow]) + 1, month.rows[CustomerRow][order["customer_id"] - 1]
    name = f"{'R' if family == 'complaint' else 'D'}-2026-{number:06}"
    month.references += [name, f"KEYOFCASE{number:07}"]
    row = {"shop": order["shop"], "family": family, "number": name, "key": f"KEYOFCASE{number:07}"}
    row |= {"order_id": order["id"], "customer_id": order["customer_id"], "name": person["name"]}
    row |= {"email": person["email"], "phone": person["phone"], "language": "es", "region": "ES-CT"}
    row |= {"zone": "Europe/Madrid", "source": "web", "source_ref": f"ticket-{number}", "state": state}
    row |= {"owner": None, "opened_at": at, "recorded_at": at, "closed_at": None, "log_length": 0}
    return month.add(CaseRow, **row, log_head="0" * 64)


def a_clock(month: AMonth, shop: str, case: int, rule: str, at: datetime, days: int, **more: Any) -> int:
    row = {"subject": f"case:{case}", "case_id": case, "order_id": None, "shop": shop, "rule_id": rule}
    row |= {"occasion": "", "article": "LGDCU", "severity": "legal", "is_statutory": True, "is_shadow": False}
    row |= {"direction": "max", "region": "ES-CT", "zone": "Europe/Madrid", "started_at": at, "working": ""}
    row |= {"due_at": at + days * DAY, "state": "running", "paused_at": None, "ended_at": None}
    row |= {"next_at": None, "amount": None, "currency": ""}
    return month.add(ClockRow, **row | more)


def a_complaint(month: AMonth, draw: random.Random, order: dict[str, Any], at: datetime) -> None:
    """Most complaints are answered in time, some late, some not yet; who has an answer may be asked how it went."""
    if at >= NOW:
        return
    resolved = at + timedelta(hours=draw.uniform(5, 430))
    is_done = resolved < NOW and draw.random() < 0.9
    case = a_case(month, order, "complaint", at, "resolved" if is_done else "in_progress")
    words = f"Queixa escrita número {case}: em dic així i visc allà"
    month.words.append(words)
    row = {"case_id": case, "kind": draw.choice(("complaint", "claim", "incident", "query")), "text": words}
    row |= {"topic": draw.choice(("delivery", "product", "billing")), "is_official_form": False, "points": []}
    row |= {"outcome": draw.choice(("upheld", "rejected")) if is_done else None, "acknowledged_at": at + HOUR}
    row |= {"answered_at": resolved if is_done else None, "resolved_at": resolved if is_done else None}
    month.add(ComplaintRow, **row, asked_for_more_at=None, reopened_at=None, reopened=0)
    a_clock(month, order["shop"], case, "R-CMP-ACK", at, 1, state="met", ended_at=at + HOUR)
    late = resolved > at + 15 * DAY
    ended = {"state": "missed" if late else "met", "ended_at": resolved} if is_done else {}
    clock = a_clock(month, order["shop"], case, "R-CMP-ANS", at, 15, **ended)
    if late or not is_done:
        rung = {"clock_id": clock, "rung": "owner", "to": "", "planned_at": at + 7 * DAY, "is_late": False}
        month.add(EscalationRow, **rung, made_at=at + 7 * DAY, announce_at=None)
    if draw.random() < 0.3:
        paid = {"case_id": case, "occasion": "first", "remedy": "credit", "incident": "late", "fault": "shop"}
        paid |= {"amount": Decimal("5.00"), "currency": order["currency"], "state": "given", "budget": ""}
        month.add(RemedyRow, **paid, approved_by="", proposed_at=at + HOUR, settled_at=at + 2 * HOUR)
    asked = resolved + 30 * HOUR
    if is_done and asked < NOW:
        ask = an_ask(month, order, "resolution", resolved, asked, subject=f"case:{case}", case_id=case)
        a_message(month, order, "case_survey", asked, occasion=f"ask:{ask['id']}")
        if draw.random() < 0.6 and asked + 5 * HOUR < NOW:
            sheet(month, draw, order, asked + 5 * HOUR, was_bad=late, ask=ask, survey="resolution")


def a_return(month: AMonth, draw: random.Random, order: dict[str, Any], at: datetime) -> datetime | None:
    """The first line goes back; answers when the sale is final after it, None while the money is still owed."""
    if at >= NOW:
        return order["withdrawal_closes_at"]
    line = next(line for line in month.rows[LineRow] if line["order_id"] == order["id"])
    gross, back = line["net"] + line["tax"], at + timedelta(hours=draw.uniform(60, 300))
    is_done = back < NOW
    case = a_case(month, order, "return", at, "refunded" if is_done else "approved")
    words = f"Desisteixo del contracte, declaració {case}"
    month.words.append(words)
    row = {"case_id": case, "kind": draw.choice(("statutory_withdrawal", "commercial_return"))}
    row |= {
        "statement": words,
        "informed_at": at,
        "acknowledged_at": at + HOUR,
        "article": "",
        "look_at": None,
    }
    row |= {"decided_at": at + 20 * HOUR, "is_collected": False, "carrier": "dhl", "tracking_number": ""}
    row |= {"proof_at": None, "goods_received_at": back - 9 * HOUR if is_done else None, "inspected_at": None}
    row |= {
        "refund_due_amount": gross,
        "currency": order["currency"] if is_done else "",
        "deducted_amount": Decimal(0),
    }
    month.add(
        ReturnRow,
        **row,
        refunded_amount=gross if is_done else Decimal(0),
        refunded_at=back if is_done else None,
    )
    month.add(
        ReturnLineRow,
        case_id=case,
        line_id=line["id"],
        quantity=Decimal(1),
        amount=gross,
        is_refused=False,
        reason="",
    )
    owed = {"state": "met", "ended_at": back, "amount": Decimal(0)} if is_done else {"amount": gross}
    a_clock(month, order["shop"], case, "R-WDR-REF", at, 14, currency=order["currency"], **owed)
    if not is_done:
        return None
    paid = {"order_id": order["id"], "ref": f"r{case}", "amount": gross, "reason": "", "refunded_at": back}
    month.add(RefundRow, **paid, withdrawn_at=None)
    order["payment_state"] = "partially_refunded"
    return max(back, order["delivered_at"] + 14 * DAY)


def odd_ones(month: AMonth, draw: random.Random) -> None:
    """What happens seldom: the hour that there is twice, answers that come early, late and twice, a rare currency."""
    for hour, minute in ((22, 30), (0, 30), (1, 30)):  # of the longest day: 00:30, and 02:30 twice in Madrid
        placed = datetime(2026, 10, 25 if hour < 22 else 24, hour, minute, tzinfo=UTC)
        an_order(month, draw, "tienda", placed)
    for placed in (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)):
        an_order(month, draw, "tienda", placed)
    order = an_order(month, draw, "tienda", datetime(2026, 10, 1, 9, tzinfo=UTC), currency="CHF")
    left = order["paid_at"] + 5 * HOUR
    arrived = a_parcel(month, draw, order, "dhl", left, 0)
    order |= {"stage": "delivered", "fulfilment_state": "delivered", "order_state": "completed"}
    order |= {"shipped_at": left, "delivered_at": arrived, "withdrawal_closes_at": arrived + 14 * DAY}
    order["sale_final_at"] = arrived + 14 * DAY
    ask = an_ask(month, order, "delivery", arrived, arrived + 7 * DAY)
    a_message(month, order, "review_requested", arrived + 7 * DAY, facts={"ask": ask["id"]})
    sheet(month, draw, order, arrived - 10 * HOUR, ref="early", scores={"overall_experience": 1})
    sheet(month, draw, order, arrived + 8 * DAY, ask=ask, scores={"overall_experience": 4, "nps": 9})
    reviewed(month, draw, order, arrived + 9 * DAY)
    reviewed(month, draw, order, arrived + 12 * DAY)
    old = next(row for row in month.rows[AskRow] if row["since_at"] < datetime(2026, 9, 1, tzinfo=UTC))
    sheet(
        month,
        draw,
        month.rows[OrderRow][old["order_id"] - 1],
        datetime(2026, 10, 20, 9, tzinfo=UTC),
        ref="late",
    )

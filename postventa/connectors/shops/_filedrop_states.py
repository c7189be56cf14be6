"""The statuses that a dropped file may use, in the words of those who type them, on our three axes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from postventa.connectors.shops._states import States, row
from postventa.rules.orders import FulfilmentState, OrderState, PaymentState

STATUSES: dict[str, States] = {
    "pending": row("open", "pending", "unfulfilled"),
    "paid": row("open", "paid", "unfulfilled"),
    "on_hold": row("open", "pending", "on_hold"),
    "in_preparation": row("open", "pending", "in_preparation"),
    "backordered": row("open", "pending", "backordered"),
    "ready_to_ship": row("open", "pending", "ready_to_ship"),
    "partially_shipped": row("open", "pending", "partially_shipped"),
    "shipped": row("open", "pending", "shipped"),
    "partially_delivered": row("open", "pending", "partially_delivered"),
    "delivered": row("open", "pending", "delivered"),
    "completed": row("completed", "paid", "shipped"),
    "failed": row("open", "failed", "unfulfilled"),
    "cancelled": row("cancelled", "cancelled", "cancelled"),
    "refunded": row("cancelled", "refunded", "cancelled"),
}
"""A status about the goods says nothing about the money: `paid_at`, or an earlier `paid`, does."""

WORDS: dict[str, str] = {
    **dict.fromkeys(("pendiente", "pendiente_de_pago", "pendent", "pendent_de_pagament"), "pending"),
    **dict.fromkeys(("pagado", "pagada", "pagat", "processing", "procesando"), "paid"),
    **dict.fromkeys(("en_espera", "en_pausa"), "on_hold"),
    **dict.fromkeys(("en_preparacion", "preparando", "en_preparacio"), "in_preparation"),
    **dict.fromkeys(
        ("listo_para_enviar", "preparado", "preparada", "preparat", "preparada"), "ready_to_ship"
    ),
    **dict.fromkeys(("enviado", "enviada", "enviat", "expedido"), "shipped"),
    **dict.fromkeys(("enviado_parcialmente", "enviat_parcialment"), "partially_shipped"),
    **dict.fromkeys(("entregado", "entregada", "lliurat", "lliurada"), "delivered"),
    **dict.fromkeys(("completado", "completada", "completat", "finalizado"), "completed"),
    **dict.fromkeys(("fallido", "fallida", "fallat"), "failed"),
    **dict.fromkeys(("canceled", "cancelado", "cancelada", "cancellat", "anulado", "anulada"), "cancelled"),
    **dict.fromkeys(("reembolsado", "reembolsada", "reemborsat"), "refunded"),
}
"""Without accents; the shop's own table goes before."""


def is_explained(status: str, own: Mapping[str, FulfilmentState]) -> bool:
    """Whether a status is one of ours, or the shop has said what it means."""
    return _own(status, own) is not None or _ours(status) in STATUSES


def states_of(
    statuses: Iterable[str],
    own: Mapping[str, FulfilmentState],
    *,
    is_paid: bool,
    needs_shipping: bool,
    total: Decimal,
    refunded: Decimal,
) -> States:
    """The axes of an order that has been in these statuses, the last of which is explained."""
    *before, now = statuses
    goods = _own(now, own)
    if goods is not None and _ours(now) not in STATUSES:
        known = States(OrderState.OPEN, PaymentState.PENDING, goods)
    else:
        known = STATUSES[_ours(now)]
        known = States(known.order, known.payment, goods or known.fulfilment)
    if known.order is OrderState.COMPLETED and not needs_shipping:
        known = States(known.order, known.payment, FulfilmentState.DELIVERED)
    was_paid = is_paid or any(
        STATUSES[word].payment is PaymentState.PAID for one in before if (word := _ours(one)) in STATUSES
    )
    return States(known.order, _money(known, total, refunded, was_paid=was_paid), known.fulfilment)


def _money(known: States, total: Decimal, refunded: Decimal, *, was_paid: bool) -> PaymentState:
    if refunded > 0:
        return PaymentState.REFUNDED if refunded >= total else PaymentState.PARTIALLY_REFUNDED
    if was_paid and known.payment in {PaymentState.PENDING, PaymentState.CANCELLED}:
        return PaymentState.PAID
    return known.payment


def _own(status: str, own: Mapping[str, FulfilmentState]) -> FulfilmentState | None:
    wanted = _plain(status)
    return next((goods for word, goods in own.items() if _plain(word) == wanted), None)


def _ours(status: str) -> str:
    word = _plain(status)
    return WORDS.get(word, word)


def _plain(word: str) -> str:
    """In small letters, without accents, with one underscore between words."""
    bare = "".join(
        one for one in unicodedata.normalize("NFKD", word.lower()) if one.isalnum() or one in " _-"
    )
    return re.sub(r"[\s_-]+", "_", bare.strip())

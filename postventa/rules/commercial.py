"""What has no place in a complaint: advertising of any kind (LGDCU 21.2), and the way to a platform that is gone.

Only what cannot be anything else is found: who complains of a coupon is answered about that coupon.
"""

import re

_ADVERTISING = re.compile(
    r"\b(?:pr[oó]xima compra|pr[oò]xima compra|next (?:purchase|order)|newsletters?|bolet[ií]n|butllet[ií]|"
    r"s[ií]guenos|segueix-nos|follow us|aprovecha (?:nuestr|est)|aprofita (?:les|aquest)|"
    r"no te pierdas|no et perdis|don.t miss|ofertas? (?:exclusiva|especial)|ofert(?:a|es) (?:exclusiv|especial)|"
    r"(?:special|exclusive) offers?|te puede gustar|et pot agradar|you may also like|"
    r"encuesta|enquesta|survey|(?:deja|escribe)(?:nos)? (?:una|tu) (?:reseña|valoraci[oó]n|opini[oó]n)|"
    r"(?:deixa|escriu)(?:’ns|-nos)? (?:una|la teva) (?:ressenya|valoraci[oó]|opini[oó])|"
    r"(?:leave|write) (?:us )?(?:a|your) review|valora(?:nos| nuestr)|valora(?:’ns| el nostre)|rate us)"
)
_LURES = re.compile(
    r"\b(?:cup[oó]n(?:es)?|cupons?|coupons?|vouchers?|descuentos?|descomptes?|discounts?|rebajas?|rebaixes|ofertas?|ofertes|"
    r"promo(?:s|ci[oó]n|ciones|ci[oó]|cions|tions?)?|black friday|outlet|novedades|novetats|new arrivals|sorteos?|sorteig|"
    r"giveaway|compra ahora|compra ara|buy now|shop now|suscr[ií]bete|subscriu-te|subscribe|recomi[eé]ndanos|recomana.ns|"
    r"recommend us|ressenyes|rese[ñn]as?|utm_\w+)\b|% ?(?:off|dto)"
)
_OF_THE_ENGINE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_DEAD_PLATFORM = ("ec.europa.eu/consumers/odr", "webgate.ec.europa.eu/odr")


def out_of_place(text: str) -> str:
    """Why this may not stand in a letter about a case; empty where it may."""
    found = _ADVERTISING.search(text.lower())
    if found:
        return f"it advertises ({found[0]!r}), which the law forbids in a complaint (LGDCU 21.2)"
    return leads_nowhere(text)


def leads_nowhere(text: str) -> str:
    """Why no letter at all may say this: it leads to a platform that is gone. Empty where it does not."""
    if "odr" not in text and "ODR" not in text:  # almost every letter: nothing more is read of it
        return ""
    written = text.lower()
    if any(address in written for address in _DEAD_PLATFORM):
        return "it links to the EU's platform for online disputes, which is gone since 2025-07-20"
    return ""


def advertises(template: str) -> str:
    """Why a template may not be one of a letter about a case; empty where it may.

    Nobody has complained of anything yet, so that a word is enough: what the engine puts in is not read.
    """
    found = _LURES.search(_OF_THE_ENGINE.sub(" ", template).lower())
    return f"it advertises ({found[0]!r}), which the law forbids in a complaint (LGDCU 21.2)" if found else ""

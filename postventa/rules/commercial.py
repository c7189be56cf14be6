"""What has no place in a complaint: advertising of any kind (LGDCU 21.2), and the way to a platform that is gone.

Only what cannot be anything else is found: who complains of a coupon is answered about that coupon.
"""

import re

_ADVERTISING = re.compile(
    r"pr[oó]xima compra|pr[oò]xima compra|next (?:purchase|order)|newsletters?|bolet[ií]n|butllet[ií]|"
    r"s[ií]guenos|segueix-nos|follow us|aprovecha (?:nuestr|est)|aprofita (?:les|aquest)|"
    r"no te pierdas|no et perdis|don.t miss|ofertas? (?:exclusiva|especial)|ofert(?:a|es) (?:exclusiv|especial)|"
    r"(?:special|exclusive) offers?|te puede gustar|et pot agradar|you may also like|"
    r"encuesta|enquesta|survey|(?:deja|escribe)(?:nos)? (?:una|tu) (?:reseña|valoraci[oó]n|opini[oó]n)|"
    r"(?:deixa|escriu)(?:’ns|-nos)? (?:una|la teva) (?:ressenya|valoraci[oó]|opini[oó])|"
    r"(?:leave|write) (?:us )?(?:a|your) review|valora(?:nos| nuestr)|valora(?:’ns| el nostre)|rate us",
    re.IGNORECASE,
)
_DEAD_PLATFORM = re.compile(r"ec\.europa\.eu/consumers/odr|webgate\.ec\.europa\.eu/odr", re.IGNORECASE)


def out_of_place(text: str) -> str:
    """Why this may not stand in a letter about a case; empty where it may."""
    found = _ADVERTISING.search(text)
    if found:
        return f"it advertises ({found[0]!r}), which the law forbids in a complaint (LGDCU 21.2)"
    if _DEAD_PLATFORM.search(text):
        return "it links to the EU's platform for online disputes, which is gone since 2025-07-20"
    return ""

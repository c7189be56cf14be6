"""`postventa erase`: forgets who a customer was, where nothing stands in the way."""

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from postventa import clock
from postventa.cli.house import Common, Wrong, app
from postventa.erasure import Erased, erase
from postventa.files import Cabinet
from postventa.settings import BadConfiguration


@app.command(name="erase")
def erase_customer(
    *,
    email: Annotated[str, Parameter(help="The customer's address")],
    shop: Annotated[str, Parameter(help="Only in this shop; in all of them if none is named")] = "",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Forget a customer who asks for it; exit 1 while something stands in the way. Erase them in the shop first."""
    with common.workplace() as place, place.store.begin() as connection:
        if shop and shop not in place.settings.shops:
            raise BadConfiguration(f"there is no [shops.{shop}] in the configuration")
        shops = [shop] if shop else list(place.settings.shops)
        found = [erase(connection, place.settings, shop=name, email=email, now=clock.now()) for name in shops]
    gone = {digest for one in found for digest in one.files}
    with common.workplace() as place, place.reading() as connection:
        Cabinet(place.settings.files).discard(connection, gone)
    if all(one.is_nobody for one in found):
        raise Wrong("nobody with this address is known")
    document = [asdict(one) | {"files": len(one.files), "is_done": one.is_done} for one in found]
    common.answer({"shops": document}, "\n".join(_line(one) for one in found))
    return 0 if all(one.is_done for one in found) else 1


def _line(one: Erased) -> str:
    if one.is_nobody:
        return f"{one.shop}: nobody with this address is known"
    if one.is_done:
        return (
            f"{one.shop}: forgotten, with {one.orders} orders, {one.cases} cases and {len(one.files)} files"
        )
    reasons = [f"case {number} is open" for number in one.open_cases]
    reasons += [f"order {number} is on its way" for number in one.orders_on_their_way]
    why = ", ".join(reasons)
    return f"{one.shop}: blocked, not forgotten yet: {why}. Nothing else is sent; run this again when it is over."

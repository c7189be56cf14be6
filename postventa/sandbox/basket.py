"""What is in an order and what it comes to, counted in cents: the tax is taken out of the gross, line by line.

Rounded once per line, so that the lines, the charges and the taxes add up to the total exactly.
"""

from dataclasses import dataclass
from fractions import Fraction
from random import Random

from postventa.sandbox.catalogue import DOWNLOADS, GOODS, Product


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of the shop's tax table."""

    id: int
    code: str
    label: str
    percent: int


SPAIN = {
    21: Rate(1, "ES-IVA-1", "IVA", 21),
    10: Rate(2, "ES-IVA REDUCIDO-1", "IVA reducido", 10),
    4: Rate(3, "ES-IVA SUPERREDUCIDO-1", "IVA superreducido", 4),
}
BRITAIN = {percent: Rate(6, "GB-VAT-1", "VAT", 20) for percent in SPAIN}
TAX_CLASSES = {21: "", 10: "reduced-rate", 4: "super-reduced-rate"}
STANDARD = 21


@dataclass(frozen=True, slots=True)
class Amount:
    """Gross cents and the rate inside them; without a rate there is no tax."""

    gross: int
    rate: Rate | None

    @property
    def tax(self) -> int:
        if self.rate is None:
            return 0
        return half_up(Fraction(self.gross * self.rate.percent, 100 + self.rate.percent))

    @property
    def net(self) -> int:
        return self.gross - self.tax


@dataclass(frozen=True, slots=True)
class Line:
    """`before` the coupon and `after` it, for the whole quantity."""

    product: Product
    size: str
    quantity: int
    before: Amount
    after: Amount


@dataclass(frozen=True, slots=True)
class Coupon:
    code: str
    kind: str
    """`percent` or `fixed_cart`, as WooCommerce says it."""
    value: int
    """Per cent, or cents."""


@dataclass(frozen=True, slots=True)
class Basket:
    """Everything that makes the total. `shipping` is None where nothing is shipped."""

    lines: tuple[Line, ...]
    shipping: Amount | None
    fee: tuple[str, Amount] | None
    coupon: Coupon | None

    @property
    def charges(self) -> tuple[Amount, ...]:
        return (
            *(line.after for line in self.lines),
            *((self.fee[1],) if self.fee else ()),
            *((self.shipping,) if self.shipping else ()),
        )

    @property
    def total(self) -> int:
        return sum(charge.gross for charge in self.charges)

    @property
    def discount(self) -> int:
        """Net of tax."""
        return sum(line.before.net - line.after.net for line in self.lines)

    @property
    def discount_tax(self) -> int:
        return sum(line.before.tax - line.after.tax for line in self.lines)

    @property
    def cart_tax(self) -> int:
        return sum(line.after.tax for line in self.lines) + (self.fee[1].tax if self.fee else 0)


def filled(rng: Random, currency: str, *, digital: bool, cash_on_delivery: bool) -> Basket:
    """A basket as people fill them: mostly one or two lines, sometimes a coupon, rarely a fee."""
    rates = {"EUR": SPAIN, "GBP": BRITAIN}.get(currency, {})
    shelf = DOWNLOADS if digital else GOODS
    how_many = min(len(shelf), rng.choices((1, 2, 3, 4, 5), (38, 28, 18, 10, 6))[0])
    chosen = [
        (
            product,
            rng.choice(product.sizes) if product.sizes else "",
            rng.choices((1, 2, 3, 4), (78, 16, 4, 2))[0],
        )
        for product in rng.sample(shelf, how_many)
    ]
    before = [Amount(product.cents * quantity, rates.get(product.percent)) for product, _, quantity in chosen]
    coupon = _coupon(rng, sum(amount.gross for amount in before))
    after = _discounted(before, coupon)
    standard = rates.get(STANDARD)
    return Basket(
        lines=tuple(
            Line(product, size, quantity, full, paid)
            for (product, size, quantity), full, paid in zip(chosen, before, after, strict=True)
        ),
        shipping=None if digital else Amount(0 if rng.random() < 0.20 else 495, standard),
        fee=_fee(rng, sum(amount.gross for amount in after), standard, cash_on_delivery=cash_on_delivery),
        coupon=coupon,
    )


def _coupon(rng: Random, gross: int) -> Coupon | None:
    if rng.random() >= 0.15:
        return None
    if gross > 2000 and rng.random() < 0.4:
        return Coupon("benvinguda5", "fixed_cart", 500)
    return rng.choice((Coupon("otoño10", "percent", 10), Coupon("amics15", "percent", 15)))


def _fee(rng: Random, gross: int, rate: Rate | None, *, cash_on_delivery: bool) -> tuple[str, Amount] | None:
    if gross > 1000 and rng.random() < 0.03:
        return "Descuento fidelidad", Amount(-300, rate)
    if cash_on_delivery and rng.random() < 0.5:
        return "Recargo contra reembolso", Amount(250, rate)
    return None


def _discounted(before: list[Amount], coupon: Coupon | None) -> list[Amount]:
    """The coupon spread over the lines; what rounding leaves over falls on the dearest line."""
    if coupon is None:
        return before
    gross = sum(amount.gross for amount in before)
    if coupon.kind == "percent":
        cut = [half_up(Fraction(amount.gross * coupon.value, 100)) for amount in before]
    else:
        cut = [coupon.value * amount.gross // gross for amount in before]
        dearest = max(range(len(before)), key=lambda row: before[row].gross)
        cut[dearest] += coupon.value - sum(cut)
    return [Amount(amount.gross - off, amount.rate) for amount, off in zip(before, cut, strict=True)]


def half_up(amount: Fraction) -> int:
    """Rounds to the cent as shops do: a half goes away from zero."""
    size = abs(amount)
    rounded = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return rounded if amount >= 0 else -rounded


def money(cents: int) -> str:
    """Cents as WooCommerce writes them: `-3.00`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"

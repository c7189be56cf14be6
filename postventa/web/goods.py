"""The goods of an order as the withdrawal form shows them: how many of each may still go back, and why not the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from postventa.windows import Window
from postventa.wording import quantity_in

_MOST_CHOICES = 30


@dataclass(frozen=True, slots=True)
class Good:
    """A line of the order on the form."""

    field: str
    ref: str
    name: str
    bought: Decimal
    left: Decimal
    letter: str
    """The letter of LGDCU 103 that excepts it."""
    may_letter: str = ""
    """The letter that may except it, as a person will see."""

    @property
    def may_go(self) -> bool:
        return self.left > 0 and not self.letter

    @property
    def choices(self) -> tuple[int, ...]:
        """The quantities to choose from, all of it first, or none of it where a letter may except it.

        Nothing to choose from where it is sold by weight or by the hundred.
        """
        if self.left != self.left.to_integral_value() or self.left > _MOST_CHOICES:
            return ()
        counted = tuple(range(int(self.left) + 1))
        return counted if self.may_letter else counted[::-1]


def goods_of(window: Window) -> tuple[Good, ...]:
    return tuple(
        Good(
            field=f"line-{line.line_id}",
            ref=line.ref,
            name=line.name,
            bought=line.bought,
            left=line.left,
            letter=line.letter,
            may_letter=line.may_letter,
        )
        for line in window.lines
    )


def chosen(goods: Sequence[Good], values: Mapping[str, str]) -> tuple[dict[str, Decimal], str]:
    """How much of each line goes back, by its ref, and the problem with it if there is one."""
    wanted: dict[str, Decimal] = {}
    for good in goods:
        if not good.may_go:
            continue
        try:
            quantity = Decimal(values.get(good.field, "0").replace(",", ".") or "0")
        except InvalidOperation:
            return {}, "lines_many"
        if not quantity.is_finite() or quantity < 0 or quantity > good.left:
            return {}, "lines_many"
        if quantity:
            wanted[good.ref] = quantity
    return wanted, "" if wanted else "lines_none"


def said_of(goods: Sequence[Good], wanted: Mapping[str, Decimal], locale: str) -> str:
    """`2 × Taza, 1 × Plato`, each number beside its name."""
    quantity = quantity_in(locale)
    return ", ".join(
        f"{quantity(wanted[good.ref])}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{good.name}"
        for good in goods
        if good.ref in wanted
    )

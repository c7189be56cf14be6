"""The rows of an order as WooCommerce writes them: lines, taxes, shipping, fees and coupons."""

from typing import Any

from postventa.sandbox.basket import TAX_CLASSES, Amount, Basket, Line, Rate, money


def line_item(line: Line, row: int, language: str) -> dict[str, Any]:
    product, name = line.product, line.product.name(language)
    rate = line.after.rate
    gross = line.after.gross / (1 + rate.percent / 100 if rate else 1)
    return {
        "id": row,
        "name": f"{name} - {line.size}" if line.size else name,
        "product_id": product.ref,
        "variation_id": 1000 + product.ref * 10 + product.sizes.index(line.size) if line.size else 0,
        "quantity": line.quantity,
        "tax_class": TAX_CLASSES[product.percent],
        "subtotal": money(line.before.net),
        "subtotal_tax": money(line.before.tax),
        "total": money(line.after.net),
        "total_tax": money(line.after.tax),
        "taxes": [{"id": rate.id, "total": money(line.after.tax), "subtotal": money(line.before.tax)}]
        if rate
        else [],
        "meta_data": [
            {
                "id": row * 10,
                "key": "talla",
                "value": line.size,
                "display_key": "Talla",
                "display_value": line.size,
            }
        ]
        if line.size
        else [],
        "sku": f"{product.sku}-{line.size}" if line.size else product.sku,
        "global_unique_id": "",
        "price": round(gross / line.quantity / 100, 4),
        "image": {"id": 0 if line.size else "", "src": ""},
        "parent_name": name if line.size else None,
    }


def tax_line(rate: Rate, row: int, cart: int, shipping: int) -> dict[str, Any]:
    return {
        "id": row,
        "rate_code": rate.code,
        "rate_id": rate.id,
        "label": rate.label,
        "compound": False,
        "tax_total": money(cart),
        "shipping_tax_total": money(shipping),
        "rate_percent": rate.percent,
        "meta_data": [],
    }


def taxes(basket: Basket, row: int) -> list[dict[str, Any]]:
    goods = [*(line.after for line in basket.lines), *((basket.fee[1],) if basket.fee else ())]
    rates = {charge.rate.id: charge.rate for charge in basket.charges if charge.rate and charge.gross}
    rows = []
    for place, rate in enumerate(rates.values()):
        cart = sum(charge.tax for charge in goods if charge.rate == rate)
        sent = basket.shipping.tax if basket.shipping and basket.shipping.rate == rate else 0
        rows.append(tax_line(rate, row + place, cart, sent))
    return rows


def shipping(amount: Amount | None, row: int) -> list[dict[str, Any]]:
    if amount is None:
        return []
    rate = amount.rate
    taxed = rate is not None and amount.gross
    return [
        {
            "id": row,
            "method_title": "Envío estándar" if amount.gross else "Envío gratuito",
            "method_id": "flat_rate" if amount.gross else "free_shipping",
            "instance_id": "1" if amount.gross else "2",
            "total": money(amount.net),
            "total_tax": money(amount.tax),
            "taxes": [{"id": rate.id, "total": money(amount.tax), "subtotal": ""}] if rate and taxed else [],
            "tax_status": "taxable",
            "meta_data": [],
        }
    ]


def fees(fee: tuple[str, Amount] | None, row: int) -> list[dict[str, Any]]:
    if fee is None:
        return []
    name, amount = fee
    rate = amount.rate
    return [
        {
            "id": row,
            "name": name,
            "tax_class": "",
            "tax_status": "taxable",
            "amount": money(amount.net),
            "total": money(amount.net),
            "total_tax": money(amount.tax),
            "taxes": [{"id": rate.id, "total": money(amount.tax), "subtotal": ""}] if rate else [],
            "meta_data": [],
        }
    ]


def coupons(basket: Basket, row: int) -> list[dict[str, Any]]:
    coupon = basket.coupon
    if coupon is None:
        return []
    percent = coupon.kind == "percent"
    return [
        {
            "id": row,
            "code": coupon.code,
            "discount": money(basket.discount),
            "discount_tax": money(basket.discount_tax),
            "meta_data": [],
            "discount_type": coupon.kind,
            "nominal_amount": coupon.value if percent else coupon.value / 100,
            "free_shipping": False,
        }
    ]

"""A shop as the shared questions need it that drops files into a folder, as a Spanish spreadsheet saves them."""

import csv
import io
import os
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from a_shop import Sale, Sold

MADRID = ZoneInfo("Europe/Madrid")


class AShop:
    cannot: ClassVar[dict[str, str]] = {"lock": "a folder has no key"}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, dict[str, str]] = {}
        self.files = 0
        self.environment: dict[str, str] = {}
        self.section = {"platform": "filedrop", "url": str(folder)}

    def __enter__(self):
        self.folder.mkdir()
        return self

    def __exit__(self, *how):
        pass

    def sell(self, sale: Sale) -> Sold:
        ref = str(1001 + len(self.rows))
        self.rows[ref] = {
            "Order": f"#{ref}",
            "placed at": sale.placed_at.astimezone(MADRID).strftime("%d/%m/%Y %H:%M:%S"),
            "status": "pendiente",
            "currency": "€",
            "total": f"{sale.total} €".replace(".", ","),
            "email": sale.email,
            "name": f"{sale.first_name} {sale.last_name}",
            "language": sale.language,
            "address": sale.street,
            "postcode": sale.postcode,
            "city": sale.city,
            "country": sale.country,
            "delivery_total": "4,84",
            "delivery_tax_percent": "21",
            "coupons": sale.coupon,
            "sku": sale.sku,
            "product": sale.product,
            "quantity": "2",
            "line_total": "21,78" if sale.coupon else "24,20",
            "line_total_before": "24,20",
            "tax_percent": "21 %",
        }
        self._drop(ref, sale.placed_at)
        return Sold(ref, ref)

    def pay(self, ref: str, at: datetime) -> None:
        self._drop(ref, at, status="Pagado", paid_at=at.isoformat())

    def ship(self, ref: str, at: datetime, number: str) -> None:
        self._drop(ref, at, status="Enviado", tracking_number=number, carrier="DHL")

    def cancel(self, ref: str, at: datetime) -> None:
        self._drop(ref, at, status="Cancelado")

    def refund(self, ref: str, at: datetime) -> None:
        self._drop(ref, at, refund=f"R-{ref}", amount="12,10", reason="rota", refunded_at=at.isoformat())

    def confuse(self, ref: str, at: datetime) -> None:
        self._drop(ref, at, status="en-taller")

    def spoil(self, ref: str, at: datetime) -> None:
        self._drop(ref, at, total="")

    def lock(self) -> None:
        raise NotImplementedError

    def heard(self) -> bytes:
        return b""

    def _drop(self, ref: str, at: datetime, **changes: str) -> None:
        """Another file with the whole order, last written at `at`. Its times are those of Madrid, as its shop's."""
        self.rows[ref] |= changes
        row = self.rows[ref]
        self.files += 1
        written = io.StringIO(newline="")
        table = csv.DictWriter(written, row, delimiter=";")
        table.writeheader()
        table.writerow(row)
        path = self.folder / f"pedidos-{self.files:04}.csv"
        path.write_bytes(written.getvalue().encode("cp1252"))
        os.utime(path, (at.timestamp(), at.timestamp()))

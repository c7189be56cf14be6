"""Finds the adapter that the configuration names: a file in `shops/` or `carriers/` is its own registration."""

import importlib
import pkgutil
from types import ModuleType
from typing import cast

from postventa import news, settings
from postventa.connectors import carriers, shops
from postventa.nudges import Doorkeeper


def open_shop(name: str, shop: settings.Shop) -> news.Shop:
    """The door to a configured shop. Raises BadConfiguration if there is no adapter for its platform."""
    adapter = _adapter(shops, shop.platform, f"shops.{name}.platform")
    return cast("news.Shop", adapter.connect(name, shop))


def open_carrier(name: str, carrier: settings.Carrier) -> news.Carrier:
    """The door to a configured carrier. Raises BadConfiguration if there is no such adapter."""
    adapter = _adapter(carriers, carrier.adapter, f"carriers.{name}.adapter")
    return cast("news.Carrier", adapter.connect(name, carrier))


def doorkeeper_of(name: str, shop: settings.Shop) -> Doorkeeper | None:
    """Who looks at the webhooks of this shop's platform; None where none are taken."""
    if not shop.webhook_secret_env:
        return None
    return getattr(_adapter(shops, shop.platform, f"shops.{name}.platform"), "knock", None)


def adapters(package: ModuleType) -> list[str]:
    """The adapters that a package offers; a leading underscore marks a module's private half."""
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))


def _adapter(package: ModuleType, wanted: str, key: str) -> ModuleType:
    there = adapters(package)
    if wanted not in there:
        raise settings.BadConfiguration(
            f"{key} is {wanted!r}, and there is no such adapter: there are {', '.join(there)}"
        )
    return importlib.import_module(f"{package.__name__}.{wanted}")

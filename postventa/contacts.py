"""Contacts: people known by a keyed hash of their address, which outlives their erasure and says nothing without the key."""

import hashlib
import hmac

from postventa.settings import Settings, secret


def contact_of(settings: Settings, shop: str, email: str) -> str:
    """The hash by which a shop knows an address; the same person has another one in another shop.

    The key must stay for as long as the store: with another one nobody who objected is known again. Raises
    BadConfiguration where there is none.
    """
    key = _key(settings)
    return hmac.new(key, f"{shop}\x00{_same(email)}".encode(), hashlib.sha256).hexdigest()


def contacts_of(settings: Settings, email: str) -> dict[str, str]:
    """The hash of an address in every shop of the company, by shop: who objects, objects to all of them."""
    return {shop: contact_of(settings, shop, email) for shop in settings.shops}


def _same(email: str) -> str:
    return email.strip().casefold()


def _key(settings: Settings) -> bytes:
    """A key of its own, else the first secret of the pages (the last one signs; the first is there the longest)."""
    own = settings.policy.contact_key_env
    if own:
        return secret(own, "[policy].contact_key_env").strip().encode()
    return secret(settings.web.secret_env, "the list of who is not written to").split()[0].encode()

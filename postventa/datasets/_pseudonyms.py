"""Pseudonyms: keyed ids by which rows of the datasets belong together, and which say nothing without the key."""

import hmac
from dataclasses import dataclass

import pandas as pd

from postventa.settings import HOW_TO_MAKE_A_KEY, BadConfiguration, Settings, secret

SHORTEST_KEY = 32
LENGTH = 24
"""Hexadecimal digits, 96 bits: among a thousand million ids, two alike are less likely than one in a hundred thousand million."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes pseudonyms with the key in `key_env`, which is read when the first one is made.

    Whoever changes the key cuts every thread to what was published before: that is what changing it is for.
    """

    key_env: str

    @classmethod
    def by(cls, settings: Settings) -> "Pseudonyms":
        return cls(settings.datasets.key_env)

    def of(self, kind: str, ids: "pd.Series[int]") -> "pd.Series[str]":
        """The pseudonyms of rows of one kind, such as `order`; where there is no id there is none.

        The same number means another pseudonym for another kind. Raises BadConfiguration without a key.
        """
        codes, known = pd.factorize(ids)
        key = self._key() if len(known) else b""
        names = pd.array([_name(key, f"{kind}:{number}") for number in known.tolist()], dtype="str")
        return pd.Series(names.take(codes, allow_fill=True), index=ids.index)

    def _key(self) -> bytes:
        key = secret(self.key_env, "[datasets].key_env").strip().encode()
        if len(key) < SHORTEST_KEY:
            raise BadConfiguration(
                f"the key in {self.key_env} is too short for pseudonyms: "
                f"give it {SHORTEST_KEY} characters or more, as from {HOW_TO_MAKE_A_KEY}"
            )
        return key


def _name(key: bytes, what: str) -> str:
    return hmac.digest(key, what.encode(), "sha256").hex()[:LENGTH]

"""The Message-ID of a letter: nobody can guess it who has not had the letter.

An answer joins the case whose letter it names, and a report that a mail came back is believed by the letter that it
names: whoever could guess names could write into cases, or have a customer taken for unreachable.
"""

import hashlib
import os
from functools import cache, lru_cache
from secrets import token_hex

from postventa.connectors.addresses import mailbox


def message_id_for(key: str, sender: str, secret: str) -> str:
    """The same for the same message and secret, whenever and by whomever it is sent.

    Without a secret it is a new one each time: the outbox keeps the one under which a letter began to leave.
    """
    domain = mailbox(sender)[1].rpartition("@")[2]
    if not secret:
        return f"<{token_hex(16)}@{domain}>"
    return f"<{hashlib.blake2b(key.encode(), digest_size=16, key=_key_of(secret)).hexdigest()}@{domain}>"


@cache
def naming_secret(secret_env: str) -> str:
    """The secret of the customers' pages, by which the letters of orders are named too; empty where there is none.

    Read once: every mail asks for it.
    """
    return os.environ.get(secret_env, "")


def is_guessable(message_id: str, key: str) -> bool:
    """Whether a letter bears the name that earlier versions gave: anybody who knows an order can work it out."""
    plain = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    return message_id.removeprefix("<").partition("@")[0] == plain


@lru_cache(maxsize=256)
def _key_of(secret: str) -> bytes:
    """A key for names alone: what signs links is used for nothing else."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"message-id").digest()

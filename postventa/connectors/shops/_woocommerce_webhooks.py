"""Tells WooCommerce's webhooks from strangers: by the signature over the body, or as the first call of a new webhook."""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping

from postventa.nudges import Knock

SIGNATURE = "x-wc-webhook-signature"
FORM = "application/x-www-form-urlencoded"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def knock(headers: Mapping[str, str], body: bytes, secret: str) -> Knock:
    """Who sent this. The first call of a webhook is a form without a signature, and no other may lack it."""
    signed = headers.get(SIGNATURE)
    if signed is None:
        is_form = headers.get("content-type", "").startswith(FORM)
        return Knock.HELLO if is_form and _PING.fullmatch(body) else Knock.STRANGER
    wanted = b64encode(hmac.digest(secret.encode(), body, "sha256"))
    is_theirs = hmac.compare_digest(signed.encode("utf-8", "replace"), wanted)
    return Knock.NEWS if is_theirs else Knock.STRANGER

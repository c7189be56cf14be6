"""From a message and what it may speak of to the bytes of a mail, with the Message-ID that it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from postventa.connectors.addresses import mailbox
from postventa.connectors.mime import Attachment, Letter, letter_bytes
from postventa.firewall import check_letter
from postventa.messages import render
from postventa.views import MessageView


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter ready to be handed over, with the Message-ID that it keeps if it ever has to go again."""

    message_id: str
    sender: str
    recipient: str
    data: bytes


def enveloped(
    message: str,
    view: MessageView,
    *,
    message_id: str,
    sender: str,
    to: tuple[str, str],
    reply_to: str,
    now: datetime,
    headers: Mapping[str, str],
    attachments: tuple[Attachment, ...] = (),
) -> Envelope:
    """Puts a message into words and into an envelope; `to` is a name and an address.

    Raises BadTemplate or Unsendable if that cannot be done.
    """
    name, address = to
    rendered = render(message, view)
    check_letter(message, view, rendered)
    letter = Letter(
        message_id=message_id,
        sender=sender,
        recipient=address,
        recipient_name=name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        language=view.language,
        sent_at=now,
        reply_to=reply_to,
        attachments=attachments,
        headers={"X-Postventa-Message": message, **headers},
    )
    return Envelope(message_id, mailbox(sender)[1], address, letter_bytes(letter))

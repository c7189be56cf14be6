"""Mails as mail programs, machines and strangers write them."""

from collections.abc import Mapping
from email.message import EmailMessage

NURIA = "Núria Soler <Nuria.7@client.example>"


def a_mail(
    text: str | None = "La taza llegó rota.",
    *,
    subject: str = "Una queja",
    html: str = "",
    files: Mapping[str, tuple[str, bytes]] | None = None,
    **headers: str,
) -> bytes:
    """`Message_ID="<1@client.example>"` sets that header; an empty value leaves it out."""
    mail = EmailMessage()
    head = {
        "From": NURIA,
        "To": "atencion@tienda.example",
        "Subject": subject,
        "Message-ID": "<1@client.example>",
    }
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in head.items():
        if value:
            mail[name] = value
    if text is not None:
        mail.set_content(text)
    if html:
        (mail.add_alternative if text is not None else mail.set_content)(html, subtype="html")
    for name, (media_type, data) in (files or {}).items():
        maintype, _, subtype = media_type.partition("/")
        mail.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


def a_report(of: bytes, address: str, status: str = "5.1.1") -> bytes:
    """A delivery report as RFC 3464 has it, with the headers of the letter that came back."""
    return (
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@client.example\r\nSubject: Undelivered\r\nMessage-ID: <dsn@x>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n"
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; client.example\r\n\r\n"
        + f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n\r\n".encode()
        + b"--B\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        + of
        + b"\r\n--B--\r\n"
    )

"""Whose certificates count, for connections that are not HTTP: everybody's public ones, or a CA of the shop's own."""

import ssl
from pathlib import Path
from typing import Protocol

from postventa.settings import BadConfiguration


class Secured(Protocol):
    """What a section says of a connection's encryption."""

    @property
    def security(self) -> str: ...

    @property
    def ca_file(self) -> str: ...


def trust(where: str, section: Secured) -> ssl.SSLContext | None:
    """Public certificates, or only the CA that the configuration names; None where nothing is encrypted."""
    if section.security == "none":
        return None
    if section.ca_file and not Path(section.ca_file).is_file():
        raise BadConfiguration(f"{where}: ca_file names {section.ca_file}, and there is no such file")
    try:
        return ssl.create_default_context(cafile=section.ca_file or None)
    except ssl.SSLError as wrong:
        raise BadConfiguration(
            f"{where}: ca_file {section.ca_file} is not a certificate in PEM form"
        ) from wrong

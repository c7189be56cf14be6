"""What can go wrong at a door, named after what it means for whoever asked.

`temporary` says whether asking again later can help; the sentence says what happened, where, and what to do,
and holds no secret and nobody's data.
"""

from typing import ClassVar


class ConnectorError(Exception):
    """A shop or a carrier could not be asked. `status` and `code` are the platform's own."""

    temporary: ClassVar[bool] = False

    def __init__(self, sentence: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class Unreachable(ConnectorError):
    """No answer, a broken one, or a server error each time: the other side is down."""

    temporary = True


class TooBusy(ConnectorError):
    """Asked to wait (429 or 503) every time."""

    temporary = True


class NotJson(ConnectorError):
    """Something else than JSON: a firewall's page, a maintenance page, a plugin's warnings."""

    temporary = True


class NotXml(ConnectorError):
    """Something else than XML, or XML that would make us read more than was sent."""

    temporary = True


class Refused(ConnectorError):
    """The request or its key is not accepted: asking again would change nothing."""


class NotThere(ConnectorError):
    """404: the thing, or the whole route, does not exist."""


class AnswerTooLarge(ConnectorError):
    """More bytes than a door lets in."""

"""A mailbox that remembers what it was sent."""

from collections.abc import Iterator

import pytest
from a_mailbox import AMailbox


@pytest.fixture
def mailbox() -> Iterator[AMailbox]:
    with AMailbox() as mailbox:
        yield mailbox

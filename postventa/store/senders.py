"""Who holds what: names for senders and for holders of turns that tell later whether they can still be alive."""

import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from secrets import token_hex


def new_sender() -> str:
    """A name for a sender that tells later whether it can still be alive."""
    return f"{_machine()}:{os.getpid()}:{token_hex(4)}"


def is_gone(sender: str) -> bool:
    """Whether a sender is certainly dead: it ran among the processes we can see, and is no more among them."""
    machine, pid, _ = sender.rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _machine() -> str:
    """The machine since its last start, and the container in it: two may share a name and number alike."""
    traits = [socket.gethostname()]
    with suppress(OSError):
        traits.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        traits.append(str(Path("/proc/self/ns/pid").readlink()))
    return f"{traits[0][:24]}-{hashlib.blake2b(''.join(traits).encode(), digest_size=4).hexdigest()}"

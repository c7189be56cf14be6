"""A mail server that costs as little as one can: takes every mail, counts it, and keeps nothing but its Message-ID.

A process of its own, so that what it does is nobody's work. Prints its two ports; the second one answers every
connection with the counts so far, as JSON, and begins to count anew.
"""

import asyncio
import json
import re
import sys
from collections import Counter

MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)
MESSAGE = re.compile(rb"^X-Postventa-Message: (\S+)", re.MULTILINE)


class Counts:
    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.by_message: Counter[str] = Counter()
        self.bytes = 0

    def take(self, mail: bytes) -> None:
        head = mail[:2000]
        self.ids.add(MESSAGE_ID.search(head)[1])
        self.by_message[MESSAGE.search(head)[1].decode()] += 1
        self.bytes += len(mail)

    def told(self) -> bytes:
        said = {
            "mails": self.by_message.total(),
            "distinct": len(self.ids),
            "by_message": self.by_message,
            "bytes": self.bytes,
        }
        return json.dumps(said).encode()


class Visitor(asyncio.Protocol):
    """One connection. Commands may come together (RFC 2920), a letter as one chunk (RFC 3030): a write for each write."""

    def __init__(self, house: list[Counts]) -> None:
        self.house = house
        self.heard = b""
        self.in_mail = False
        self.chunk = -1

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.heard += data
        answers = []
        while True:
            if self.chunk >= 0:
                if len(self.heard) < self.chunk:
                    break
                mail, self.heard = self.heard[: self.chunk], self.heard[self.chunk :]
                self.chunk = -1
                self.house[0].take(mail)
                answers.append(b"250 2.0.0 taken\r\n")
                continue
            end = b"\r\n.\r\n" if self.in_mail else b"\r\n"
            line, found, rest = self.heard.partition(end)
            if not found:
                break
            self.heard = rest
            if line.startswith(b"BDAT ") and not self.in_mail:
                self.chunk = int(line.split()[1])
                continue
            answers.append(self.answer(line))
        if answers:
            self.transport.write(b"".join(answers))

    def answer(self, line: bytes) -> bytes:
        if self.in_mail:
            self.in_mail = False
            self.house[0].take(line)
            return b"250 2.0.0 taken\r\n"
        verb = line[:4].upper()
        if verb == b"DATA":
            self.in_mail = True
            return b"354 go ahead\r\n"
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 fine\r\n"


class Teller(asyncio.Protocol):
    def __init__(self, house: list[Counts]) -> None:
        self.house = house

    def connection_made(self, transport: asyncio.Transport) -> None:
        transport.write(self.house[0].told())
        transport.close()
        self.house[0] = Counts()


async def main() -> None:
    loop = asyncio.get_running_loop()
    house = [Counts()]
    doors = [
        await loop.create_server(lambda kind=kind: kind(house), "127.0.0.1", 0) for kind in (Visitor, Teller)
    ]
    print(*(door.sockets[0].getsockname()[1] for door in doors), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # until whoever started us goes away


if __name__ == "__main__":
    asyncio.run(main())

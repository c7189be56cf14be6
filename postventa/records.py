"""The records of an evidence pack: rows as JSON, logs and entries byte for byte, and how to check them by hand."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from postventa.store.caselog import line_bytes, said_bytes
from postventa.store.evidence import CaseFacts, ClockFacts, MessageFacts, OrderFacts

MANIFEST = "MANIFEST.sha256"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time that every file in the archive has, so that the same files are the same archive."""

BY_HAND = """\
HOW TO CHECK THIS FOLDER BY HAND

1. Nothing in this folder was changed since it was drawn up. In this folder:

     sha256sum -c MANIFEST.sha256

   Keep the digest of MANIFEST.sha256 itself apart from the folder; it is all that a forger would have to replace.
"""

BY_HAND_CASES = """
2. The log of a case is whole. Each file in log/ is one line of it, byte for byte as its hash was taken. In cases/NUMBER:

     sha256sum -c LOG.sha256

   And each line names the hash of the line before it, the first one sixty-four zeros:

     before=$(printf '0%.0s' $(seq 64)); for f in log/*.json; do
       grep -q "\\"hash_before\\":\\"$before\\"" "$f" || echo "$f does not follow the line before it"
       before=$(sha256sum < "$f" | cut -d' ' -f1); done; echo "head: $before"

   The head that comes out must be the one named above for that case, after as many lines.

3. What was said is what was recorded. Each file in said/ is one entry, and its digest is the one that the log recorded:

     sha256sum -c SAID.sha256

   A letter as it was sent, or a customer's file, has the SHA-256 that index.html and attachments.json name.
"""


@dataclass(slots=True)
class PackFolder:
    """A pack while it is written: only its owner may read it, and every file's digest is remembered."""

    root: Path
    digests: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, data: bytes) -> None:
        target = self.root
        for part in Path(path).parts[:-1]:
            target /= part
            target.mkdir(mode=0o700, exist_ok=True)
        target = self.root / path
        target.touch(mode=0o600)
        target.write_bytes(data)
        self.digests[path] = hashlib.sha256(data).hexdigest()

    def json(self, path: str, value: Any) -> None:
        written = json.dumps(value, default=_plain, ensure_ascii=False, indent=2, sort_keys=True)
        self.write(path, written.encode() + b"\n")

    def sums(self, path: str, sums: Mapping[str, str]) -> None:
        """A file that `sha256sum -c` reads, in the folder that the names in it begin from."""
        self.write(path, "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode())

    def seal(self, archive: Path) -> None:
        """Writes the manifest, and the whole folder as an archive that is the same bytes for the same files."""
        self.sums(MANIFEST, self.digests)
        archive.touch(mode=0o600)
        with zipfile.ZipFile(archive, "w") as packed:
            for path in sorted(self.digests):
                entry = zipfile.ZipInfo(f"{self.root.name}/{path}", EPOCH)
                entry.external_attr = 0o100600 << 16
                entry.create_system = 3
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, (self.root / path).read_bytes())


def case_records(pack: PackFolder, case: CaseFacts) -> None:
    """The case's rows, its log and its entries, in `cases/NUMBER`."""
    folder = case_folder(case)
    rows = {"case": case.row, "complaint": case.complaint, "return": case.a_return}
    pack.json(f"{folder}case.json", {name: row._asdict() for name, row in rows.items() if row is not None})
    for name, found in (
        ("attachments", case.attachments),
        ("remedies", case.remedies),
        ("return_lines", case.coming_back),
    ):
        pack.json(f"{folder}{name}.json", [row._asdict() for row in found])
    pack.json(f"{folder}clocks.json", _clocks(case.clocks))
    pack.json(f"{folder}messages.json", _messages(case.messages))
    log_sums, said_sums, said_names = {}, {}, {}
    for entry in case.entries:
        said_names[entry.id] = f"said/{entry.id:06}-{entry.kind}.json"
        pack.write(f"{folder}{said_names[entry.id]}", said_bytes(entry.text, entry.details))
    for row in case.log:
        name = f"log/{row.position:06}.json"
        pack.write(f"{folder}{name}", line_bytes(row._asdict()))
        log_sums[name] = row.hash
        if "digest" in row.details and "entry" in row.details:
            number = row.details["entry"]
            said_sums[said_names.get(number, f"said/{number:06}-missing.json")] = row.details["digest"]
    pack.sums(f"{folder}LOG.sha256", log_sums)
    pack.sums(f"{folder}SAID.sha256", said_sums)


def order_records(pack: PackFolder, order: OrderFacts) -> None:
    """The order's rows, in `order`: the scans are the proof of delivery."""
    pack.json("order/order.json", {"order": order.row._asdict(), "customer": order.customer._asdict()})
    for name, found in (
        ("lines", order.lines),
        ("events", order.events),
        ("parcels", order.parcels),
        ("scans", order.scans),
        ("refunds", order.refunds),
    ):
        pack.json(f"order/{name}.json", [row._asdict() for row in found])
    pack.json("order/clocks.json", _clocks(order.clocks))
    pack.json("order/messages.json", _messages(order.messages))


def case_folder(case: CaseFacts) -> str:
    return f"cases/{case.row.number}/"


def verification_text(
    cases: Sequence[CaseFacts], problems: Mapping[str, Sequence[str]], missing: Sequence[str]
) -> str:
    """The result of the verification, and how to come to it without us."""
    lines = ["RESULT", ""]
    for case in cases:
        found = problems[case.row.number]
        verdict = "BROKEN" if found else "whole"
        lines += [
            f"Case {case.row.number}: the log is {verdict}.",
            f"  lines counted by the case: {case.row.log_length}; lines here: {len(case.log)}",
            f"  head remembered by the case: {case.row.log_head}",
            *(f"  - {problem}" for problem in found),
        ]
    if not cases:
        lines.append("There is no case here, and so no chained log.")
    lines += ["", "MISSING", "", *(f"- {one}" for one in missing)] if missing else []
    return "\n".join([*lines, "", BY_HAND]) + (BY_HAND_CASES if cases else "")


def _clocks(clocks: Sequence[ClockFacts]) -> list[dict[str, Any]]:
    return [one.row._asdict() | {"rings": [ring._asdict() for ring in one.rings]} for one in clocks]


def _messages(messages: Sequence[MessageFacts]) -> list[dict[str, Any]]:
    return [
        one.row._asdict() | {"attempts_made": [attempt._asdict() for attempt in one.attempts]}
        for one in messages
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no JSON form")

"""What hangs on a mail, and the mail itself, kept with the case; what cannot be kept is said in the case."""

from datetime import datetime

from sqlalchemy import Connection

from postventa.connectors.imap import Post
from postventa.connectors.incoming import Mail, Part
from postventa.files import EVIDENCE, Cabinet, NotKept, attach
from postventa.store.casebook import say

AS_IT_CAME = "mail"
"""The role of the file that is the mail itself."""


def keep_files(
    connection: Connection,
    cabinet: Cabinet,
    case_id: int,
    entry_id: int | None,
    *,
    post: Post,
    mail: Mail,
    now: datetime,
) -> None:
    """Keeps a mail's files under the entry that its words are. Raises CabinetTrouble: then nothing is saved."""
    wanted = [(file, EVIDENCE) for file in mail.files]
    if post.is_whole:
        wanted.append((Part("mail.eml", "message/rfc822", post.raw), AS_IT_CAME))
    refused = []
    if mail.files_left_out:
        megabytes = post.size / 1_048_576
        refused.append(f"{mail.files_left_out} more, of a mail of {megabytes:.1f} MB")
    for file, role in wanted:
        try:
            kept = cabinet.keep(file.data, file.name, file.declared_type)
            attach(connection, case_id, kept, role, entry_id=entry_id, now=now)
        except NotKept as why:
            refused.append(f"{file.name or file.declared_type}: {why}")
    if refused:
        say(
            connection,
            case_id,
            kind="note",
            author="clock",
            text="\n".join(["Files of this mail that were not kept:", *refused]),
            at=now,
            now=now,
            occasion=f"not kept:{entry_id}",
        )

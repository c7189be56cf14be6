"""Reads what a document promises: its headings, and the commands in its code."""

import re
from pathlib import Path

from postventa.cli import app

CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    heads = re.findall(
        r"^#+ (.+)$", CODE.sub(lambda code: code[0].strip("`"), path.read_text("utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def words_after(command: str, document: Path) -> list[list[str]]:
    """What stands after `command` in the document's code, a list of words each."""
    said = []
    for code in CODE.findall(document.read_text("utf-8")):
        for line in code.strip("`").splitlines():
            found = re.match(rf"(?:\$ )?(?:\.venv/bin/)?{command} (.+)", line.strip())
            if found:
                said.append(re.split(r"\s+#|\s[|&>;]|, ", found[1])[0].split())
    return said


def wrong_in(words: list[str]) -> str:
    """What the command line would not understand in `postventa WORDS`, empty if nothing."""
    at = app
    while words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and words[0] in list(at):
        at = at[words[0]]
        words = words[1:]
    if at is app and not words[0].startswith("-"):
        return words[0]
    has_more = any(not name.startswith("-") for name in at)
    if words and has_more and re.fullmatch(r"[a-z]+", words[0]):
        return words[0]
    known = {name for argument in at.assemble_argument_collection() for name in argument.names}
    options = [word.strip("[]").partition("=")[0] for word in words if word.strip("[").startswith("--")]
    return ", ".join(option for option in options if option not in {*known, "--help", "--version"})

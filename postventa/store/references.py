"""References by which other systems name what they send: kept whole, so that two are never taken for one."""

import hashlib

LONGEST = 200
"""Characters that the column holds."""
_LEGIBLE = 120


def kept_reference(given: str) -> str:
    """The reference itself; where no column holds it, what is legible of it and a digest of all of it."""
    legible = "".join(character for character in given if character.isprintable())
    if legible == given and len(given) <= LONGEST:
        return given
    digest = hashlib.blake2b(given.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"{legible[:_LEGIBLE]}#{digest}"

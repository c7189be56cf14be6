"""In which language a text is written, where that is certain."""

from functools import cache
from typing import Any

OF_THE_COUNTRY = ("es", "ca", "gl", "eu", "en")
"""Those that customers here write in most; a text in another is found only where it is asked for."""
LEAST_LETTERS = 30
CERTAIN = 0.99


def language_of(text: str, besides: str = "") -> str:
    """The language of `text`, one of the country's or `besides`; empty where it is too short to be certain."""
    if sum(char.isalpha() for char in text) < LEAST_LETTERS:
        return ""
    language, share = _identifier(besides).classify(text[:5000])
    return str(language) if share >= CERTAIN else ""


@cache
def _identifier(besides: str) -> Any:
    from py3langid.langid import (
        MODEL_FILE,
        LanguageIdentifier,
    )  # its tables take a while: only who asks waits

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(found.labels)
    found.set_languages(sorted({*OF_THE_COUNTRY, besides} & known))
    return found

"""Text out of whatever somebody writes: markup, control characters, other directions, no end."""

import time

import pytest

from postventa.plain_text import LONGEST, plain_text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Precio < 5 y > 3 & ya", "Precio < 5 y > 3 & ya"),
        ("<p>Uno<br>dos</p><div>tres &amp; &lt;b&gt;</div>", "Uno\ndos\n\ntres & <b>"),
        ("<P STYLE='x'>a</P><script>alert('<p>')</script><style>p{}</style><!-- c -->b", "a\nb"),
        ("a\r\nb\rc\u2028d\x00\x07\x1b[0m\te", "a\nb\nc\nd[0m e"),
        ("\u202emirror\u202c \ufeffx\ud800", "mirror x?"),
        ("<b>&#0;&#7;x&#xD800;</b>", "\ufffdx\ufffd"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("", ""),
    ],
)
def test_words_are_kept_and_what_is_no_word_is_not(written, kept):
    assert plain_text(written).text == kept


def test_what_is_too_long_is_cut_and_said_to_be():
    assert plain_text("ñ" * LONGEST).is_whole
    cut = plain_text("ñ" * (LONGEST + 1))
    assert (len(cut.text), cut.is_whole) == (LONGEST, False)
    assert not plain_text("<!--" + "x" * 2_000_000).is_whole


@pytest.mark.parametrize(
    "piece", ["<div>", "<p>x</p>", "<b", "<!--", "<script>", "<svg>", "<template>", "< "]
)
def test_a_hundred_thousand_pieces_of_markup_are_read_in_no_time(piece):
    started = time.monotonic()
    plain_text("<p>" + piece * 100_000)
    assert time.monotonic() - started < 5

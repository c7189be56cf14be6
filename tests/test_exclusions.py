"""Advertising exclusion systems: a file, a command, and what follows when one does not answer."""

import hashlib
import sys

import pytest

from postventa.exclusions import CannotAsk, asked
from postventa.rules.consents import Exclusion
from postventa.settings import settings_from

ON_A_LIST = "import sys; sys.exit(1 if sys.stdin.read().startswith('ana@') else 0)"


@pytest.fixture
def says(configuration):
    return lambda email, **policy: asked(settings_from({**configuration, "policy": policy}), email)


def test_with_nobody_to_ask_nobody_was_asked(says):
    assert says("ana@correo.example") is Exclusion.NOT_ASKED


def test_a_file_lists_addresses_or_their_hashes_and_is_read_again_when_it_changes(says, tmp_path):
    file = tmp_path / "list.txt"
    file.write_text(f"Ana@correo.example\n\n{hashlib.sha256(b'pau@correo.example').hexdigest()}\n")
    listed = [says(f"{who}@correo.example", exclusion_file=str(file)) for who in (" ANA", "Pau", "marta")]
    assert listed == [Exclusion.LISTED, Exclusion.LISTED, Exclusion.FREE]
    file.write_text("marta@correo.example\nmarta@otro.example\n")
    assert says("marta@correo.example", exclusion_file=str(file)) is Exclusion.LISTED
    with pytest.raises(CannotAsk, match="nowhere"):
        says("ana@correo.example", exclusion_file=str(tmp_path / "nowhere"))


def test_a_command_answers_with_its_exit_code_and_anything_else_is_no_answer(says):
    assert says("ana@correo.example", exclusion_command=(sys.executable, "-c", ON_A_LIST)) is Exclusion.LISTED
    assert says("pau@correo.example", exclusion_command=("true",)) is Exclusion.FREE
    for broken in (("/no/such/program",), (sys.executable, "-c", "raise SystemExit(3)")):
        with pytest.raises(CannotAsk) as wrong:
            says("ana@correo.example", exclusion_command=broken)
        assert "ana" not in str(wrong.value)

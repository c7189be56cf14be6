"""A text tells its language, or nothing where it is not certain."""

import pytest

from postventa.languages import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("La foto enseña el golpe del camión: mañana sale otra caja hacia Girona.", "es"),
        ("La foto ensenya el cop del camió: demà surt una altra caixa cap a Girona.", "ca"),
        ("The photo shows the dent: tomorrow another box leaves for Girona.", "en"),
        ("A foto mostra o golpe do camión: mañá sae outra caixa cara a Xirona.", "gl"),
        ("Argazkiak kolpea erakusten du: bihar beste kutxa bat aterako da.", "eu"),
        ("Vale", ""),
        ("", ""),
        ("34,50 EUR DHL 00340434161094022115", ""),
    ],
)
def test_a_text_tells_its_language_where_it_is_certain(text, language):
    assert language_of(text) == language


def test_another_language_is_found_where_it_is_the_customers():
    german = "Das Foto zeigt den Schaden; morgen geht ein neues Paket auf den Weg."
    assert language_of(german, "de") == "de"
    assert (
        language_of("La foto enseña el golpe del camión: mañana sale otra caja hacia Girona.", "xx") == "es"
    )

"""Texts from the desk's side: a configuration that cannot send them stops the start, and a number may be let in again."""

import pytest
from a_text_operator import CHANNEL
from sqlalchemy import select

from postventa.cli import run
from postventa.settings import BadConfiguration, settings_from
from postventa.store import migrate
from postventa.store.consents import ConsentRow, SuppressionRow

NUMBER = "+34600000001"


@pytest.mark.parametrize(
    ("texts", "channels", "said"),
    [
        (["paid"], True, "shops.tienda.texts names 'paid', which is no message that can be a text"),
        (["shipped"], False, r"shops.tienda.texts needs a \[channels.NAME\] with adapter = \"sms\""),
    ],
)
def test_texts_that_cannot_be_sent_stop_the_start(configuration, texts, channels, said):
    configuration["shops"]["tienda"]["texts"] = texts
    configuration["channels"] |= {"texts": CHANNEL} if channels else {}
    with pytest.raises(BadConfiguration, match=said):
        settings_from(configuration)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_whoever_wants_texts_again_says_so_at_the_desk(house, monday, capsys, monkeypatch):
    place = house()
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "k" * 40)
    monkeypatch.setattr(migrate, "version", lambda _store: migrate.Version("head", "head"))
    for words in (["object"], ["allow-texts", "--wording", "v3"], ["allow-texts", "--wording", "v3"]):
        assert run(["consent", *words, "--phone", NUMBER, "--now", monday.isoformat(), "--json"]) == 0
        said = capsys.readouterr().out
    assert '"is_new": false' in said
    with place.reading() as connection:
        assert connection.execute(select(SuppressionRow)).all() == []
        *_, yes = connection.execute(ConsentRow.__table__.select()).all()
    assert (yes.message_class, yes.source, yes.wording) == ("sms", "desk", "v3")
    assert NUMBER not in str(yes)

import pytest
from some_cards import ABOUT_ORDERS

from postventa import cards as cards_module
from postventa import messages
from postventa.rules.orders import CHAIN, LEGAL, Stage


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty `templates/` of this test's own."""
    monkeypatch.setattr(cards_module, "TEMPLATES", tmp_path)
    messages.card.cache_clear()
    yield tmp_path
    messages.card.cache_clear()


def test_every_step_of_the_chain_has_its_message():
    steps = [card.step for card in messages.cards() if card.step]
    assert steps == list(CHAIN[1:])


def test_the_messages_that_the_law_wants_are_told_however_late():
    assert {card.step for card in ABOUT_ORDERS if card.is_legal} == LEGAL
    assert all((card.stale_hours is None) == card.is_legal for card in ABOUT_ORDERS)


def test_a_message_that_carries_amounts_says_so(full):
    total = "1.241,34"
    for card in ABOUT_ORDERS:
        assert (total in messages.render(card.message, full).text) == card.carries_amounts, card.message


def test_a_card_can_be_read_by_its_name():
    card = messages.card("shipped")
    assert (card.step, card.per, card.message_class) == (
        Stage.SHIPPED,
        "parcel",
        messages.MessageClass.TRANSACTIONAL,
    )


def test_every_message_is_written_in_every_language_that_is_spoken():
    spoken = tuple(sorted(path.stem for path in (cards_module.TEMPLATES / "_base").glob("??.toml")))
    assert {"ca", "en", "es"} <= set(spoken)
    assert {card.message: messages.languages(card.message) for card in messages.cards()} == {
        card.message: spoken for card in messages.cards()
    }


def test_an_unknown_message_is_named():
    with pytest.raises(messages.NoSuchMessage, match="'birthday'"):
        messages.card("birthday")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("class = ", "Invalid value"),
        ('class = "spam"', "class: input should be 'transactional'"),
        ('colour = "red"', "colour: extra inputs"),
        ('purpose = "x"', "class: field required"),
    ],
)
def test_a_wrong_card_names_its_file_and_its_key(folder, written, said):
    (folder / "odd").mkdir()
    (folder / "odd" / "message.toml").write_text(written)
    with pytest.raises(messages.BadTemplate, match=r"^templates/odd/message.toml: .*" + said):
        messages.card("odd")


def test_adding_a_message_is_adding_a_folder(folder):
    (folder / "odd" / "gl").mkdir(parents=True)
    (folder / "odd" / "gl" / "subject.txt").write_text("Ola")
    (folder / "odd" / "message.toml").write_text(
        'class="service"\nstep=""\nper="order"\nrank=1\nchannels=["email"]\npurpose="A test."\n'
    )
    messages.languages.cache_clear()
    assert [card.message for card in messages.cards()] == ["odd"]
    assert messages.languages("odd") == ("gl",)
    messages.languages.cache_clear()


@pytest.mark.parametrize(
    ("wanted", "default", "chosen"),
    [
        ("ca", "es", "ca"),
        ("ES", "ca", "es"),
        ("ca_ES", "en", "ca"),
        ("en-GB", "es", "en"),
        ("de", "ca", "ca"),
        (None, "es", "es"),
        ("", "es", "es"),
        ("de", "fr", "en"),
        ("../x", "es", "es"),
    ],
)
def test_a_language_we_do_not_write_falls_to_the_shops_and_then_to_english(wanted, default, chosen):
    assert messages.language_for(wanted, default) == chosen

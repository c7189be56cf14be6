"""The command line itself: exit codes, help, wrong words, configurations that cannot be used."""

import json
import subprocess
import sys

import pytest

from postventa import __version__, cli
from postventa.settings import ENVIRONMENT_KEY, read_settings
from postventa.shipped import shipped

COMMANDS = {
    "init",
    "check",
    "db",
    "run",
    "ledger",
    "plan",
    "order",
    "parked",
    "quarantine",
    "sandbox",
    "setup",
}


def test_help_lists_every_command(ask_anywhere):
    answer = ask_anywhere("--help")
    assert answer.code == 0
    assert {command for command in COMMANDS if command in answer.out} == COMMANDS


def test_the_version_is_said(ask_anywhere):
    assert ask_anywhere("--version").out.strip() == __version__


@pytest.mark.parametrize(
    "words",
    [
        ("ledgr",),
        ("ledger", "--jsn"),
        ("order",),
        ("parked", "retry", "first"),
        ("run", "everything"),
        ("run", "orders", "--day", "2026-11-02"),
        ("db", "sidegrade"),
        ("ledger", "--now", "yesterday"),
        ("plan", "--now", "2026-11-02T08:00:00"),
    ],
)
def test_wrong_usage_is_code_two_and_a_sentence(ask_anywhere, words):
    ask_anywhere("init")
    answer = ask_anywhere(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("postventa: ")


def test_a_missing_configuration_says_how_to_write_one(ask_anywhere):
    answer = ask_anywhere("ledger")
    assert answer.code == 1
    assert "postventa init" in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["ledger", "check", "db status"])
def test_a_key_that_nobody_knows_is_named_in_full(ask_anywhere, tmp_path, command):
    ask_anywhere("init")
    path = tmp_path / "postventa.toml"
    path.write_text(path.read_text().replace("stale_hours", "stale_ours"))
    answer = ask_anywhere(*command.split())
    assert answer.code == 1
    assert "policy.stale_ours" in answer.err


def test_init_writes_a_valid_configuration_and_never_over_one(ask_anywhere, tmp_path):
    answer = ask_anywhere("init", "new/shop")
    path = tmp_path / "new" / "shop" / "postventa.toml"
    assert answer.code == 0
    assert str(path.relative_to(tmp_path)) in answer.out
    assert path.read_text() == shipped("postventa.example.toml").read_text()
    assert read_settings(path).shops["tienda"].platform == "woocommerce"
    path.write_text("mine")
    again = ask_anywhere("init", "new/shop")
    assert again.code == 1
    assert "there already" in again.err
    assert path.read_text() == "mine"


def test_init_can_answer_in_json(ask_anywhere):
    assert ask_anywhere("init", "--json").json == {"path": "postventa.toml"}


def test_a_store_without_tables_says_what_to_do(ask_anywhere):
    ask_anywhere("init")
    answer = ask_anywhere("ledger")
    assert answer.code == 1
    assert "postventa db upgrade" in answer.err


def test_the_store_is_upgraded_and_says_so(ask_anywhere):
    ask_anywhere("init")
    before = ask_anywhere("db", "status", "--json")
    assert before.code == 1
    assert before.json["is_current"] is False
    assert ask_anywhere("db", "upgrade").code == 0
    assert ask_anywhere("db", "upgrade", "--json").json["current"]
    after = ask_anywhere("db", "status", "--json")
    assert (after.code, after.json["is_current"], after.err) == (0, True, "")
    assert ask_anywhere("ledger", "--json").json["owed"] == 0


def test_the_configuration_can_be_named(ask_anywhere, tmp_path, monkeypatch):
    ask_anywhere("init", "elsewhere")
    assert ask_anywhere("db", "upgrade", "--config", "elsewhere/postventa.toml").code == 0
    assert ask_anywhere("ledger", "--config", "elsewhere/postventa.toml").code == 0
    monkeypatch.setenv(ENVIRONMENT_KEY, str(tmp_path / "elsewhere" / "postventa.toml"))
    assert ask_anywhere("ledger").code == 0


def test_a_store_that_is_not_there_is_one_sentence_without_its_password(ask_anywhere, tmp_path):
    ask_anywhere("init")
    path = tmp_path / "postventa.toml"
    there = "sqlite:///postventa.db"
    path.write_text(path.read_text().replace(there, "postgresql+psycopg://u:s3cret@127.0.0.1:9/x", 1))
    answer = ask_anywhere("ledger")
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 1
    assert "s3cret" not in answer.err


def test_a_folder_that_cannot_be_written_is_named(ask_anywhere, tmp_path):
    (tmp_path / "file").write_text("")
    answer = ask_anywhere("init", "file/sub")
    assert answer.code == 1
    assert "file" in answer.err


def test_a_reader_that_goes_away_is_no_error(ask_anywhere, monkeypatch):
    def gone(*_words, **_more):
        raise BrokenPipeError

    monkeypatch.setattr(cli, "app", gone)
    assert cli.run(["ledger"]) == 0


def test_a_mistake_of_ours_is_not_hidden(monkeypatch):
    def mistaken(*_words, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", mistaken)
    with pytest.raises(ZeroDivisionError):
        cli.run(["ledger"])


def test_the_installed_command_ends_with_its_exit_code(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from postventa.cli import main; main()", "db", "status", "--json"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("postventa: no configuration")


def test_a_flow_for_a_shop_that_is_not_configured_is_an_error(ask):
    answer = ask("run", "orders", "--shop", "otra")
    assert answer.code == 1
    assert "[shops.otra]" in answer.err


def test_every_json_answer_is_one_document(ask):
    for words in (["ledger"], ["plan"], ["parked"], ["quarantine"], ["db", "status"]):
        answer = ask(*words, "--json")
        assert json.loads(answer.out) is not None
        assert answer.err == ""

"""The flow that reads a mailbox: its colour, its name, and what managers see of it."""

import pytest
from an_imap_server import PASSWORD, USER, AnImapServer
from some_mails import a_mail

from postventa import clock

pytestmark = pytest.mark.prefect


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_mailbox_is_read_and_a_mail_that_needs_a_person_turns_the_run_red(
    house, configuration, in_prefect, monday, tmp_path, monkeypatch
):
    from flows.mailboxes import read_mailbox

    monkeypatch.setenv("BUZON", PASSWORD)
    configuration["files"] = {"path": str(tmp_path / "files")}
    with AnImapServer() as server:
        box = {"shop": "tienda", "host": "127.0.0.1", "port": server.port, "security": "none"}
        configuration["mailboxes"] = {"atencion": {**box, "user": USER, "password_env": "BUZON"}}
        house()
        server.put(a_mail(), monday)
        first = read_mailbox(mailbox="atencion", return_state=True)
        server.put(a_mail(From="nobody", Message_ID="<2@c>"), monday)
        with clock.clock_set_to(monday):
            second = read_mailbox(mailbox="atencion", return_state=True)

    assert first.name == "Completed"
    assert (second.name, second.message) == ("Failed", "1 mail of atencion set aside")
    found = in_prefect.ask("/artifacts/latest/filter", artifacts={"key": {"any_": ["mailbox-atencion"]}})
    assert "- 1 set aside" in found[0]["data"]
    aside = in_prefect.ask("/artifacts/latest/filter", artifacts={"key": {"any_": ["set-aside"]}})
    assert "nobody could be answered" in aside[0]["data"]

"""What the commands that need Prefect's server say when it does not answer."""

import socket

import pytest


@pytest.fixture
def no_server(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    address = f"http://127.0.0.1:{port}/api"
    monkeypatch.setenv("PREFECT_API_URL", address)
    return address


@pytest.mark.parametrize("words", [("run", "orders"), ("setup",)])
def test_a_server_that_does_not_answer_is_named_in_one_line(ask, no_server, words):
    answer = ask(*words)
    assert answer.code == 1
    assert (
        answer.err == f"postventa: no Prefect server at {no_server}: start one with `prefect server start`\n"
    )


def test_a_set_up_without_a_server_asks_for_one(ask, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    answer = ask("setup")
    assert answer.code == 1
    assert "set PREFECT_API_URL to your Prefect server" in answer.err

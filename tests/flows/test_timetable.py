"""The timetable, deployed to a real server: its scheduled runs complete, and its alarms ring."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import requests
import yaml

from postventa.cli import run as postventa
from postventa.cli.running import FLOWS

BIN = Path(sys.executable).parent

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.filterwarnings(
        "ignore:'imghdr':DeprecationWarning"
    ),  # what Prefect mails with can PGP as well
]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(house, sandbox, tmp_path, configuration, httpserver):
    """A folder as an operator has it: a configuration, and the timetable with its intervals shortened."""
    httpserver.expect_request("/alarm", method="POST").respond_with_data("heard")
    configuration["alerts"] = {"webhook_env": "ALARM", "email": "guardia@tienda.example"}
    house(sandbox.url, f"{sandbox.url}/dhl", sandbox.smtp_port)
    timetable = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    for deployment in timetable["deployments"]:
        deployment["schedules"] = [{"interval": 8}] if deployment["name"] == "email" else []
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(timetable))
    return tmp_path


@pytest.fixture
def commands(prefect_server, home, httpserver):
    """The environment of an operator's shell in that folder."""
    return {
        "POSTVENTA_HOME": str(home),
        "POSTVENTA_CONFIG": str(home / "postventa.toml"),
        "ALARM": httpserver.url_for("/alarm"),
    }


def test_the_timetable_names_modules_rhythms_and_descriptions():
    timetable = yaml.safe_load((ROOT / "prefect.yaml").read_text())

    assert {one["entrypoint"] for one in timetable["deployments"]} == {place for _, place in FLOWS.values()}
    example = tomllib.loads((ROOT / "postventa.example.toml").read_text(encoding="utf-8"))
    for deployment in timetable["deployments"]:
        module, _, function = deployment["entrypoint"].rpartition(".")
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()
        assert f"def {function}(" in (ROOT / module.replace(".", "/")).with_suffix(".py").read_text()
        (schedule,) = deployment["schedules"]
        assert schedule.get("interval", 0) >= 60 or schedule["cron"].split()[1] not in {
            "0",
            "1",
            "2",
            "3",
            "*",
        }
        assert deployment["concurrency_limit"]["limit"] == 1
        assert deployment["concurrency_limit"]["collision_strategy"] == "CANCEL_NEW"
        assert deployment["work_pool"]["name"] == "postventa"
        assert deployment["tags"]
        for what, name in deployment.get("parameters", {}).items():
            assert what == "mailbox" or name in example[f"{what}s"], "it is configured under that name"
        assert deployment["description"].endswith(".")


@pytest.mark.timeout(300)
def test_a_scheduled_run_completes_in_a_worker(in_prefect, home, commands, migrated, monkeypatch):
    for name, value in {**commands, "PREFECT_API_URL": in_prefect.url}.items():
        monkeypatch.setenv(name, value)
    assert postventa(["setup"]) == 0
    done = in_prefect.run("prefect", "--no-prompt", "deploy", "--all", cwd=home, **commands)
    assert done.returncode == 0, done.stdout + done.stderr

    with _Worker(in_prefect, home, commands):
        run = _first_scheduled(in_prefect, "COMPLETED")

    assert run["auto_scheduled"]
    assert run["name"] == "messages by email"


@pytest.mark.timeout(300)
def test_a_run_that_fails_rings_and_mails_however_often_the_server_was_set_up(
    in_prefect, home, commands, httpserver, migrated, sandbox, monkeypatch, capsys
):
    for name, value in {**commands, "PREFECT_API_URL": in_prefect.url}.items():
        monkeypatch.setenv(name, value)
    assert postventa(["setup"]) == 0
    before = _set_up(in_prefect)
    capsys.readouterr()
    assert postventa(["setup"]) == 0
    assert _set_up(in_prefect) == before, "a second time it changes nothing"
    assert capsys.readouterr().out.count(": there") == 4
    (dead,) = [one for one in _automations(in_prefect) if "crashed" in one["name"]]
    assert len(_automations(in_prefect)) == 3
    assert "prefect.flow-run.Running" in dead["trigger"]["after"]  # a run may die before it beats at all
    (home / "postventa.toml").write_text('["compania"]\nlegal_name = "x"\n')

    from flows.messages import send_what_is_owed

    state = send_what_is_owed(channel="email", return_state=True)

    assert state.is_failed()
    assert "compania" in state.message
    assert "messages by email is Failed" in _rung(httpserver)
    mails = _eventually(
        lambda: [m for m in sandbox.mailbox.mails() if m.header("To") == "guardia@tienda.example"]
    )
    assert mails[0].header("Subject") == "postventa: messages is Failed"


def test_a_set_up_limits_a_pool_that_has_no_limit_and_tells_nobody_who_is_not_named_any_more(
    in_prefect, house, configuration, monkeypatch, capsys
):
    monkeypatch.setenv("PREFECT_API_URL", in_prefect.url)
    configuration["alerts"] = {"email": "guardia@tienda.example"}
    house()
    assert postventa(["setup"]) == 0
    pool = f"{in_prefect.url}/work_pools/postventa"
    for limit, becomes in (
        (None, 16),
        (5, 5),
    ):  # a worker makes a pool without a limit; a person sets another
        _send("PATCH", pool, {"concurrency_limit": limit})
        assert postventa(["setup"]) == 0
        assert _send("GET", pool)["concurrency_limit"] == becomes
    failed = next(one for one in _automations(in_prefect) if "failed" in one["name"])
    _send("PATCH", f"{in_prefect.url}/automations/{failed['id']}", {"enabled": False})
    configuration["alerts"] = {"email": "altra@tienda.example", "webhook_env": "ALARM"}
    monkeypatch.setenv("ALARM", "http://127.0.0.1:9/")
    house()
    capsys.readouterr()
    assert postventa(["setup"]) == 0
    assert capsys.readouterr().out.count(": changed") == 2
    (again,) = [one for one in _automations(in_prefect) if "failed" in one["name"]]
    assert (again["id"], again["enabled"], len(again["actions"])) == (failed["id"], False, 2)
    configuration["alerts"] = {}
    house()
    assert postventa(["setup"]) == 0
    assert [one["name"] for one in _automations(in_prefect)] == ["postventa: a dead run is marked as crashed"]


@pytest.fixture
def migrated(own_store, place):
    """The store as `postventa db upgrade` leaves it."""
    from postventa.store import migrate
    from postventa.store.base import Base

    Base.metadata.drop_all(place.store)
    migrate.upgrade(place.store)


class _Worker:
    """A process worker for as long as the block lasts, ended by its own pid."""

    def __init__(self, server, home, commands):
        self._server, self._home, self._commands = server, home, commands

    def __enter__(self):
        self._log = (self._home / "worker.log").open("wb")
        self._process = subprocess.Popen(
            [BIN / "prefect", "worker", "start", "--pool", "postventa", "--limit", "1"],
            cwd=self._home,
            env={**self._server.environment, **self._commands},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __exit__(self, *_):
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()


def _send(method, url, body=None):
    answer = requests.request(method, url, json=body, timeout=10, proxies={"http": ""})
    answer.raise_for_status()
    return answer.json() if answer.content else None


def _set_up(server):
    """What the set-up has made, as the server tells it."""
    pool = server.ask("/work_pools/filter", work_pools={"name": {"any_": ["postventa"]}})
    return [(one["id"], one["updated"]) for one in (*pool, *_automations(server))]


def _automations(server):
    found = server.ask("/automations/filter", limit=50)
    return [one for one in found if one["name"].startswith("postventa")]


def _first_scheduled(server, state):
    until = time.monotonic() + 90
    wanted = {"flow_runs": {"state": {"type": {"any_": [state]}}, "deployment_id": {"is_null_": False}}}
    while time.monotonic() < until:
        found = server.ask("/flow_runs/filter", **wanted, limit=5)
        if found:
            return found[0]
        time.sleep(0.5)
    seen = server.ask("/flow_runs/filter", limit=20)
    raise AssertionError([(one["name"], one["state"]["name"], one["state"]["message"]) for one in seen])


def _rung(httpserver):
    return json.dumps(_eventually(lambda: [request.get_data(as_text=True) for request, _ in httpserver.log]))


def _eventually(look):
    until = time.monotonic() + 90
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("it never happened")

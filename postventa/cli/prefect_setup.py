"""Setting up Prefect's server: the work pool and the automations that say when a run failed, is late or is dead.

Everything is looked up by name first, so that a second set-up changes nothing, a changed address is taken over, and what
a person has switched off or limited otherwise stays so.
"""

import os
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from prefect import get_client
from prefect.automations import Automation
from prefect.blocks.webhook import Webhook
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import CallWebhook, ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from postventa.cli.house import Wrong
from postventa.connectors.addresses import mailbox
from postventa.settings import Settings, secret
from tasks.alerts import AlertMail

WORK_POOL = "postventa"
RUNS_AT_ONCE = 16
"""A run is a process of about 150 MB: this bounds what the workers of the pool start together."""
HEARTBEAT = timedelta(seconds=90)
"""A run that has not been heard of for so long is dead; runs beat every 30 seconds (deploy/postventa.env)."""

_RUN = {"prefect.resource.id": "prefect.flow-run.*"}
# Prefect's own template language; as JSON it is quoted whole, since sentences hold quotes
_SAID = (
    "flow.name ~ ': ' ~ flow_run.name ~ ' is ' ~ flow_run.state.name ~ '. ' ~ (flow_run.state.message or '')"
)
_ENDED = ["Completed", "Failed", "Cancelled", "Crashed"]


def set_up_server(settings: Settings) -> list[str]:
    """Creates what is missing in Prefect's server and answers what was done, a line each.

    Raises Wrong if no server is named: a temporary one would forget it all.
    """
    if not os.environ.get("PREFECT_API_URL"):
        raise Wrong("set PREFECT_API_URL to your Prefect server: a temporary one would forget the set-up")
    done = [_work_pool()]
    actions = _alerts(settings)
    done.append(f"alerts go to {' and '.join(actions) or 'nobody: fill in [alerts]'}")
    done.append(_automation("postventa: a dead run is marked as crashed", _silent(), [_crash()]))
    for name, trigger in (
        ("postventa: a run failed", _reactive(["Failed", "Crashed", "TimedOut"])),
        ("postventa: a run is late", _reactive(["Late"])),
    ):
        done += [_automation(name, trigger, list(actions.values()))] if actions else _taken_away(name)
    return done


def _work_pool() -> str:
    with get_client(sync_client=True) as client:
        try:
            pool = client.read_work_pool(WORK_POOL)
        except ObjectNotFound:
            client.create_work_pool(
                WorkPoolCreate(name=WORK_POOL, type="process", concurrency_limit=RUNS_AT_ONCE)
            )
            return f"work pool {WORK_POOL}: created"
        if pool.concurrency_limit is None:  # a worker that was started before us has made it
            client.update_work_pool(WORK_POOL, WorkPoolUpdate(concurrency_limit=RUNS_AT_ONCE))
            return f"work pool {WORK_POOL}: limited to {RUNS_AT_ONCE} runs at once"
    return f"work pool {WORK_POOL}: there"


def _alerts(settings: Settings) -> dict[str, Any]:
    actions: dict[str, Any] = {}
    if settings.alerts.webhook_env:
        url = secret(settings.alerts.webhook_env, "alerts")
        block = Webhook(method="POST", url=SecretStr(url), allow_private_urls=True)
        saved = block.save("postventa-alerts", overwrite=True)
        actions["the webhook"] = CallWebhook(
            block_document_id=saved, payload=f'{{"text": {{{{ ({_SAID}) | tojson }}}}}}'
        )
    if settings.alerts.email:
        mail = AlertMail(url=SecretStr(_mail_address(settings)))
        saved = mail.save("postventa-alert-mail", overwrite=True)
        actions["mail"] = SendNotification(
            block_document_id=saved,
            # a run that is late has not begun, and not yet the name that says whose it is: its flow has
            subject="postventa: {{ flow.name }} is {{ flow_run.state.name }}",
            body=f"{{{{ {_SAID} }}}}",
        )
    return actions


def _mail_address(settings: Settings) -> str:
    """The first channel's server and the alert's recipient, as the notification library writes them."""
    channel = settings.mail_channel
    if channel is None:
        raise Wrong("alerts.email needs a [channels.NAME] whose server sends it")
    login = ""
    if channel.user_env:
        user = secret(channel.user_env, "channels")
        password = secret(channel.password_env, "channels")
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    scheme, mode = ("mailto", "insecure") if channel.security == "none" else ("mailtos", channel.security)
    mode = "ssl" if mode == "tls" else mode
    sender = quote(mailbox(channel.sender)[1])
    recipient = quote(settings.alerts.email)
    return f"{scheme}://{login}{channel.host}:{channel.port}?mode={mode}&from={sender}&to={recipient}"


def _automation(name: str, trigger: EventTrigger, actions: list[Any]) -> str:
    wanted = Automation(name=name, description="Made by `postventa setup`.", trigger=trigger, actions=actions)
    known = _known(name)
    for doubled in known[1:]:
        doubled.delete()
    if not known:
        wanted.create()
        return f"automation {name!r}: created"
    if _what_it_does(known[0]) == _what_it_does(wanted):
        return f"automation {name!r}: there"
    wanted.id, wanted.enabled = known[0].id, known[0].enabled
    wanted.update()
    return f"automation {name!r}: changed"


def _taken_away(name: str) -> list[str]:
    """Who is not to be told any more is not told."""
    known = _known(name)
    for one in known:
        one.delete()
    return [f"automation {name!r}: taken away"] if known else []


def _what_it_does(automation: Automation) -> dict[str, Any]:
    return automation.model_dump(include={"description", "trigger", "actions"})  # not as JSON: it holds sets


def _known(name: str) -> list[Automation]:
    with get_client(sync_client=True) as client:
        return [Automation(**found.model_dump()) for found in client.read_automations_by_name(name)]


def _reactive(states: list[str]) -> EventTrigger:
    return EventTrigger(
        expect={f"prefect.flow-run.{state}" for state in states},
        match=_RUN,
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
    )


def _silent() -> EventTrigger:
    return EventTrigger(
        after={"prefect.flow-run.Running", "prefect.flow-run.heartbeat"},  # it may die before it beats at all
        expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{state}" for state in _ENDED)},
        match=_RUN,
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=HEARTBEAT,
    )


def _crash() -> ChangeFlowRunState:
    return ChangeFlowRunState(
        state=StateType.CRASHED, message="no heartbeat for 90 seconds: the process is gone"
    )

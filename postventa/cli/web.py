"""`postventa web`: the customers' pages, until Ctrl-C."""

from contextlib import suppress
from typing import Annotated

from cyclopts import Parameter

from postventa import links, nudges
from postventa.cli.house import Common, Wrong, app
from postventa.settings import Settings, secret


@app.command(name="web")
def serve_pages(
    *,
    port: Annotated[int, Parameter(help="The port to listen on; 0 takes a free one")] = 8080,
    host: Annotated[
        str, Parameter(help="The address to listen on; leave it to a proxy to face the world")
    ] = "127.0.0.1",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Serve the customers' pages until Ctrl-C: complaints, withdrawals, cases and orders."""
    from postventa.web import serving  # FastAPI is not loaded for commands that serve nothing

    with common.workplace() as place:
        server = serving.server(place)
        try:
            listening = serving.listen(host, port)
        except OSError as taken:
            raise Wrong(
                f"port {port} of {host} cannot be opened: {taken.strerror or taken}; give another --port"
            ) from taken
        where = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        reached = place.settings.web.url
        told = (
            f"Customers reach them at {reached}" if reached else "[web].url is empty: no message leads here"
        )
        print(f"The customers' pages are open: {where}\n{told}\nCtrl-C closes them.", flush=True)
        with listening, suppress(KeyboardInterrupt):
            server.run([listening])
    return 0


def web_usable(settings: Settings) -> str:
    """Says for `postventa check` whether pages can be served and links signed. Raises BadConfiguration if not."""
    links.signer(settings, "check")
    if settings.web.api_key_env:
        secret(settings.web.api_key_env, "[web].api_key_env")
    api = "open" if settings.web.api_key_env else "closed"
    taken = nudges.check_secrets(settings)
    webhooks = f"; webhooks are taken of {', '.join(taken)}" if taken else ""
    return f"links are signed and lead to {settings.web.url}; the JSON endpoint is {api}{webhooks}"

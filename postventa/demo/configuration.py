"""The demo's configuration: the example that every shop begins with, pointed at the sandbox, with a desk and a reward."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from postventa.shipped import shipped

STAFF = """\
ana = { name = "Ana Pons", email = "ana@tienda.example" }
joan = { name = "Joan Riera", email = "joan@tienda.example" }
marta = { name = "Marta Gil", email = "marta@tienda.example" }"""
ENTITY = "Junta Arbitral de Consum de Catalunya"
REWARD = """\
[shops.tienda.review_coupon]               # the same for any rating, for who said yes to advertising
percent = 10
conditions_url = "{web}/"
days = 60
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the demo's processes are, and the folder of what they keep."""

    folder: Path
    sandbox_url: str
    smtp_port: int
    web_url: str


def configuration(places: Places, start: datetime) -> str:
    """The configuration as text. Raises ValueError where the example no longer has what is changed in it."""
    sandbox, web = places.sandbox_url, places.web_url
    written = shipped("postventa.example.toml").read_text(encoding="utf-8")
    for example, ours in {
        "sqlite:///postventa.db": f"sqlite:///{places.folder / 'postventa.db'}",
        "https://tienda.example": sandbox,
        "https://api-eu.dhl.com": f"{sandbox}/dhl",
        "port = 1025": f"port = {places.smtp_port}",
        "requests_per_second = 5": "requests_per_second = 500",
        "requests_per_second = 1\n": "requests_per_second = 500\n",
        "2026-11-01T00:00:00Z": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        'path = "files"': f'path = "{places.folder / "files"}"',
        'path = "datasets"': f'path = "{places.folder / "datasets"}"',
        'url = ""                                   # how': f'url = "{web}" # how',
        'owner = "" ': 'owner = "ana" ',
        'team_lead = ""': 'team_lead = "joan"',
        'manager = ""': 'manager = "marta"',
        'consent_wording = ""': 'consent_wording = "2026-01"',
        'soft_opt_in_wording = ""': f'review_url = "{sandbox}/?p={{product_ref}}"\nsoft_opt_in_wording = "2026-01"',
        "[shops.tienda.statuses]": f"{REWARD.format(web=web)}\n[shops.tienda.statuses]",
        "review_delay_days = 7": "review_delay_days = 3",
        "\n[desk.people]\n": f"\n[desk.people]\n{STAFF}\n",
        'entity = "" ': f'entity = "{ENTITY}" ',
        "[policy.exemptions] ": "[policy.exemptions]\ne = ['CRE-50*'] ",
    }.items():
        if example not in written:
            raise ValueError(f"the example configuration has no {example.strip()!r} any more")
        written = written.replace(example, ours, 1)
    return written

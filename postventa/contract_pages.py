"""Two pages for the datasets' readers: what everything means, and whether last night kept its promises.

Each is one file of HTML with nothing to load: it is read from a disk, a mail or a bucket.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from markupsafe import Markup

from postventa.contract_changes import changes, releases
from postventa.contract_terms import Column, Contract, Result, Rule, Severity

STYLE = """
:root{--ink:#1c2430;--soft:#4a5567;--line:#c9d0da;--back:#fff;--shade:#f3f5f8;--good:#14603a;--bad:#a11616;--warn:#7a4b00;--link:#0b4f9e}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#b3bdcb;--line:#3b4656;--back:#151a21;--shade:#1e252f;--good:#7fd6a4;--bad:#ff9c9c;--warn:#f0c070;--link:#8fc1ff}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;color:var(--ink);background:var(--back);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:break-word}
th code,td{overflow-wrap:anywhere}td[data-of=Type]{white-space:nowrap}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .5rem}h2{font-size:1.3rem;margin:2.5rem 0 .25rem;border-top:2px solid var(--line);padding-top:1rem}h3{font-size:1.05rem;margin:1.25rem 0 .4rem}
p{margin:.4rem 0;max-width:46rem}a{color:var(--link)}.soft{color:var(--soft)}code{font:.9em ui-monospace,monospace}
nav ul{columns:14rem;padding-left:1.2rem}dl{display:grid;grid-template-columns:9rem minmax(0,1fr);gap:.25rem 1rem;margin:.75rem 0}dt{color:var(--soft)}dd{margin:0}
table{border-collapse:collapse;width:100%;margin:.5rem 0}caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid var(--line)}thead th{background:var(--shade)}tbody th{font-weight:600;min-width:10rem}
.n{text-align:right;font-variant-numeric:tabular-nums}.good{color:var(--good)}.bad{color:var(--bad);font-weight:700}.warn{color:var(--warn);font-weight:700}
@media(max-width:40rem){dl{grid-template-columns:minmax(0,1fr);gap:0}td,dd{overflow-wrap:anywhere}dd{margin-bottom:.5rem}
table,caption,tbody,tr,th,td{display:block}thead{position:absolute;left:-200rem}tr{border-bottom:1px solid var(--line);padding:.5rem 0}th,td{border:0;padding:.1rem 0;text-align:left!important}td[data-of]:before{content:attr(data-of) ": ";color:var(--soft);font-weight:400}}
@media print{body{font-size:9.5pt;max-width:none;padding:0}nav{display:none}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}a{color:inherit;text-decoration:none}}
"""

PAGES = {
    "frame": """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{ title }}</title><style>{{ style }}</style></head><body><main>{% block main %}{% endblock %}</main></body></html>""",
    "dictionary": """{% extends "frame" %}{% block main %}
<h1>{{ title }}</h1><p class="soft">What is published each night, column by column. One file, made of the contracts.</p>
<nav aria-label="Datasets"><ul>{% for one in contracts %}<li><a href="#{{ one.name }}">{{ one.name }}</a></li>{% endfor %}</ul></nav>
{% for one in contracts %}<section aria-labelledby="{{ one.name }}"><h2 id="{{ one.name }}"><code>{{ one.name }}</code></h2>
<p>{{ one.purpose }}</p>{% if one.usage %}<p>{{ one.usage }}</p>{% endif %}
<dl><dt>Version</dt><dd>{{ one.version }}{% if one.status %}, {{ one.status }}{% endif %}</dd>
<dt>A row</dt><dd>{{ one.grain or one.table.meaning }}</dd><dt>Key</dt><dd><code>{{ one.key|join(", ") }}</code></dd>
{% if one.limitations %}<dt>Mind</dt><dd>{{ one.limitations }}</dd>{% endif %}
<dt>Owner</dt><dd>{{ one.owner }}{% if one.contact %}, {{ one.contact }}{% endif %}</dd>
<dt>Promised</dt><dd>{{ promised(one) }}</dd>
{% if one.sources %}<dt>See</dt><dd>{{ cited(one.sources) }}</dd>{% endif %}</dl>
<table><caption>Columns of {{ one.name }}</caption><thead><tr><th scope="col">Column</th><th scope="col">Type</th><th scope="col">Unit</th><th scope="col">Meaning</th><th scope="col">Rules</th></tr></thead><tbody>
{% for column in one.columns %}<tr><th scope="row"><code>{{ column.name }}</code></th><td data-of="Type">{{ type_of(column) }}</td>
<td data-of="Unit">{{ column.unit or "none" }}</td><td>{{ column.meaning }}{% if column.sources %} <span class="soft">{{ cited(column.sources) }}</span>{% endif %}</td>
<td data-of="Rules">{{ rules_about(one, column) }}</td></tr>{% endfor %}</tbody></table>
<h3>Rules of the whole table</h3><ul>{% for rule in rules_about_all(one) %}<li>{{ rule.sentence }} <span class="soft"><code>{{ rule.id }}</code>{% if rule.severity != "error" %}, {{ rule.severity }}{% endif %}</span></li>{% endfor %}</ul>
<h3>Changes</h3><ul>{% for version, said in history(one) %}<li><b>{{ version }}</b> {{ said }}</li>{% endfor %}</ul></section>{% endfor %}
{% endblock %}""",
    "validation": """{% extends "frame" %}{% block main %}
<h1>{{ title }}</h1><p>{{ at }} UTC, run <code>{{ run }}</code></p><p><b class="{{ 'bad' if blocked else 'good' }}">{{ summary }}</b></p>
<table><caption>Datasets of this run</caption><thead><tr><th scope="col">Dataset</th><th scope="col">Outcome</th><th scope="col" class="n">Rows</th><th scope="col" class="n">Rules kept</th></tr></thead><tbody>
{% for name, found in results.items() %}<tr><th scope="row"><a href="#{{ name }}">{{ name }}</a></th><td data-of="Outcome" class="{{ mark(found)[0] }}">{{ mark(found)[1] }}</td>
<td data-of="Rows" class="n">{{ "{:,}".format(found[0].rows) if found else 0 }}</td><td data-of="Rules kept" class="n">{{ found|selectattr("passed")|list|length }} of {{ found|length }}</td></tr>{% endfor %}</tbody></table>
{% for name, found in results.items() %}<section aria-labelledby="{{ name }}"><h2 id="{{ name }}"><code>{{ name }}</code></h2>
{% for broken in [found|rejectattr("passed")|list] %}{% if broken %}<h3>Not kept</h3><ul>{% for one in broken %}<li><b class="{{ 'bad' if one.blocks else 'warn' }}">{{ one.severity }}</b> {{ one.sentence }} Found {{ number(one) }}. <code>{{ one.rule }}</code></li>{% endfor %}</ul>{% endif %}{% endfor %}
<details{% if found|length < 12 %} open{% endif %}><summary>All {{ found|length }} rules</summary>
<table><caption>Rules of {{ name }}</caption><thead><tr><th scope="col">Rule</th><th scope="col">Promise</th><th scope="col">Outcome</th><th scope="col" class="n">Found</th></tr></thead><tbody>
{% for one in found %}<tr><th scope="row"><code>{{ one.rule }}</code></th><td>{{ one.sentence }}</td><td data-of="Outcome" class="{{ 'good' if one.passed else 'bad' if one.blocks else 'warn' }}">{{ "kept" if one.passed else "not kept, " ~ one.severity }}</td><td data-of="Found" class="n">{{ number(one) }}</td></tr>{% endfor %}</tbody></table></details></section>{% endfor %}
{% endblock %}""",
}


def dictionary(contracts: Sequence[Contract]) -> str:
    """The data dictionary of these datasets as one page."""
    return _page("dictionary", title="Data dictionary", contracts=contracts)


def validation(results: Mapping[str, Sequence[Result]], *, run: str, at: datetime) -> str:
    """What became of every rule in a run, by dataset, as one page; numbers of rows and no row."""
    blocked = [name for name, found in results.items() if any(one.blocks for one in found)]
    kept = f"{len(results) - len(blocked)} of {len(results)} datasets keep their contract."
    summary = f"{kept} Not published: {', '.join(blocked)}." if blocked else kept
    return _page(
        "validation",
        title="Contracts last night",
        results=results,
        run=run,
        at=f"{at:%Y-%m-%d %H:%M}",
        blocked=blocked,
        summary=summary,
    )


def _page(name: str, **words: object) -> str:
    pages = Environment(
        loader=DictLoader(PAGES), autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    for word in (_cited, _history, _mark, _number, _promised, _rules_about, _rules_about_all, _type_of):
        pages.globals[word.__name__.lstrip("_")] = word
    return pages.get_template(name).render(style=Markup(STYLE), **words)  # noqa: S704 - ours


def _promised(contract: Contract) -> str:
    sla = contract.sla
    kept = f"{sla.retention_years} years" if sla.retention_years else f"{sla.retention_days} days"
    parts = [
        f"{sla.frequency}" if sla.frequency else "",
        f"never older than {sla.freshness.total_seconds() / 3600:g} hours" if sla.freshness else "",
        f"kept {kept}" if sla.retention_years or sla.retention_days else "",
    ]
    return ", ".join(filter(None, parts)) or "nothing about time"


def _type_of(column: Column) -> str:
    return f"{column.kind}, {column.decimals[1]} decimals" if column.decimals else str(column.kind)


def _rules_about(contract: Contract, column: Column) -> str:
    said = [rule.sentence for rule in contract.rules if _column_of(rule) == column.name]
    return " ".join(said) or "may be empty"


def _rules_about_all(contract: Contract) -> list[Rule]:
    return [rule for rule in contract.rules if not _column_of(rule)]


def _column_of(rule: Rule) -> str:
    return str(getattr(rule.counts, "column", ""))


def _history(contract: Contract) -> list[tuple[str, str]]:
    known = [one for one in releases(contract.name) if one.version != contract.version]
    line = [*known, contract]
    steps = [
        (new.version, " ".join(change.what for change in changes(old, new)) or "Nothing that a reader sees.")
        for old, new in pairwise(line)
    ]
    return [*reversed(steps), (line[0].version, "The first version.")]


def _cited(sources: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{said} ({url})" if url and url != said else said for said, url in sources)


def _mark(found: Sequence[Result]) -> tuple[str, str]:
    if any(one.blocks for one in found):
        return "bad", "not published"
    warned = sum(not one.passed and one.severity is Severity.WARNING for one in found)
    return ("warn", f"published, {warned} warning{'s' * (warned > 1)}") if warned else ("good", "published")


def _number(one: Result) -> str:
    return (
        "nothing"
        if one.observed is None
        else f"{one.observed:,.4g}"
        if isinstance(one.observed, float)
        else f"{one.observed:,}"
    )

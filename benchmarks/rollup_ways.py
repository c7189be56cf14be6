"""One way of rolling answers up, in a process of its own: ours, DuckDB asked directly, or pandas as usual."""

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rollup_files import LAST, SCORES
from rollup_usual import by_pandas

from postventa.contract_checks import check_rows
from postventa.contracts import arrow_schema, contract
from postventa.datasets import builder
from postventa.datasets._building import Work, build_days
from postventa.datasets._checking import check
from postventa.datasets._manifest import Partition, Sums
from postventa.datasets._night import Night
from postventa.datasets._pseudonyms import Pseudonyms
from postventa.datasets._shelf import Shelf
from postventa.datasets._sums import keep_sums
from postventa.datasets._views import open_duck, show
from postventa.rules.nightly import back_from, whole_months

Chosen = Callable[[list[date]], list[date]]
DAILY, BY_MONTH = "daily_satisfaction", ("product_satisfaction", "carrier_satisfaction")
NOW = datetime.combine(LAST + timedelta(days=1), datetime.min.time(), UTC)
_CELL = """shop, day, CASE WHEN grouping(language) = 0 THEN language ELSE 'all' END AS language,
    CASE WHEN grouping(carrier) = 0 THEN carrier ELSE 'all' END AS carrier"""
_SETS = (
    "GROUPING SETS ((shop, day, language, carrier), (shop, day, language), (shop, day, carrier), (shop, day))"
)


def ours(folder: Path) -> dict[str, Any]:
    """Every day of history, as a night publishes it from nothing."""
    return _built(folder, lambda days: days)


def pieces(folder: Path) -> dict[str, Any]:
    """The newest day after all the others: its own sums, the figures of its requests' days, and the month under way."""
    reach = builder(DAILY).looks_back_days
    return _built(folder, lambda days: sorted(back_from(days[-1:], reach, days[0])), is_night=True)


def _built(folder: Path, chosen: Chosen, *, is_night: bool = False) -> dict[str, Any]:
    """The figures of these days; a night begins with the sums of all days but the newest, and else there are none."""
    shelf, kept = Shelf(str(folder)), _Kept(folder)
    with shelf.scratch() as scratch, open_duck(scratch) as duck:
        _show(duck, shelf, folder)
        night: Any = Night(settings=None, now=NOW, pseudonyms=Pseudonyms(""), duck=duck)
        facts = _partitions(folder)
        every = sorted(facts["survey_responses"])
        work, days = Work(shelf, "night" if is_night else "full", night), chosen(every)
        made, taken = {}, {}
        for name in (DAILY, *BY_MONTH):
            one, promise = builder(name), contract(name)
            wanted = whole_months(days[-1:] if is_night else days) if one.is_monthly else days
            before = kept.all_but(name, every[-1]) if is_night else {}
            began, cpu = time.perf_counter(), time.process_time()
            read = {fact: facts[fact] for fact in one.reads}
            sums = keep_sums(work, one, wanted, facts=read, before=before)
            added_up = time.perf_counter() - began
            made[name] = build_days(work, one, promise, wanted, {})
            taken[name] = _taken(began, cpu, added_up)
            kept.keep(name, sums)
        figures = taken[DAILY]
        figures["cpu_s_of_products_and_carriers"] = round(
            sum(taken[name]["cpu_s_with_files"] for name in BY_MONTH), 2
        )
        show(duck, shelf, "made", made[DAILY].values(), schema=arrow_schema(contract(DAILY)), day="day")
        return figures | {"said": _said(duck.execute("SELECT * FROM made").df())}


class _Kept:
    """The sums of a full build, for the night after it, which is built by a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, sums: Mapping[date, Sums]) -> None:
        said = {str(month): one.model_dump(mode="json") for month, one in sums.items()}
        (self.folder / f"{name}.sums.json").write_text(json.dumps(said), encoding="utf-8")

    def all_but(self, name: str, newest: date) -> dict[date, Sums]:
        """As they were before there was the newest day."""
        there = json.loads((self.folder / f"{name}.sums.json").read_text(encoding="utf-8"))
        found = {date.fromisoformat(month): Sums.model_validate(one) for month, one in there.items()}
        for one in found.values():
            one.of.pop(newest, None)
        return found


def directly(folder: Path) -> dict[str, Any]:
    """One statement over all files, as an analyst writes it, and a file for each day."""
    scores = ", ".join(f"avg({name}) AS {name}, count({name}) AS {name}_n" for name in (*SCORES, "ces"))
    statement = f"""
    SELECT * FROM (
        SELECT {_CELL}, count(*) AS responses, avg((overall_experience >= 4)::INTEGER) AS csat, {scores},
            100 * (avg((nps >= 9)::INTEGER) - avg((nps <= 6)::INTEGER)) AS nps, avg((ces >= 5)::INTEGER) AS easy
        FROM {_files(folder, "survey_responses")} WHERE is_counted GROUP BY {_SETS})
    FULL JOIN (
        SELECT {_CELL}, count(*) AS requests, count(answered.request_id) AS requests_answered
        FROM {_files(folder, "message_ledger")} LEFT JOIN (
            SELECT DISTINCT request_id FROM {_files(folder, "survey_responses")} WHERE request_id IS NOT NULL
        ) AS answered USING (request_id)
        WHERE request_id IS NOT NULL AND outcome = 'sent' GROUP BY {_SETS})
    USING (shop, day, language, carrier) ORDER BY ALL"""
    with duckdb.connect() as duck:
        began, cpu = time.perf_counter(), time.process_time()
        found = duck.execute(statement).to_arrow_table()
        aggregated = time.perf_counter() - began
        duck.register("found", found)
        where = folder / "directly"
        duck.execute(f"COPY found TO '{where}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))")
        return _taken(began, cpu, aggregated) | {"said": _said(found.to_pandas())}


def usually(folder: Path) -> dict[str, Any]:
    """pandas, as most would do it: read what is needed, join, group, write."""
    began, cpu = time.perf_counter(), time.process_time()
    found = by_pandas(folder)
    aggregated = time.perf_counter() - began
    pq.write_to_dataset(
        pa.Table.from_pandas(found, preserve_index=False),
        folder / "usually",
        partition_cols=["day"],
        compression="zstd",
    )
    return _taken(began, cpu, aggregated) | {"said": _said(found)}


def rules(folder: Path) -> dict[str, Any]:
    """Every row of the answers against their contract, in DuckDB."""
    shelf, name = Shelf(str(folder)), "survey_responses"
    with shelf.scratch() as scratch, open_duck(scratch) as duck:
        _show(duck, shelf, folder)
        began, cpu = time.perf_counter(), time.process_time()
        checked = check_rows(duck, name, contract(name))
        return _checked("rules_of_answers", len(checked), began, cpu) | {"said": _broken(checked)}


def gx(folder: Path) -> dict[str, Any]:
    """The sums of all days, as a night checks them: in DuckDB and with Great Expectations, its import included."""
    shelf, made = Shelf(str(folder)), _made(folder)
    with shelf.scratch() as scratch, open_duck(scratch) as duck:
        began, cpu = time.perf_counter(), time.process_time()
        rows = sum(part.rows for part in made.values())
        checked = check(duck, shelf, builder(DAILY), contract(DAILY), made, rows=rows)
        return _checked("rules_of_sums_with_gx", len(checked), began, cpu) | {"said": _broken(checked)}


def _checked(what: str, count: int, began: float, cpu: float) -> dict[str, Any]:
    return {
        what: count,
        f"s_for_{what}": round(time.perf_counter() - began, 2),
        f"cpu_s_for_{what}": round(time.process_time() - cpu, 2),
        f"peak_mib_for_{what}": _peak_mib(),
    }


def _broken(checked: list[Any]) -> list[str]:
    return [one.rule for one in checked if not one.passed]


def _made(folder: Path) -> dict[date, Partition]:
    """What our way has left there."""
    found = {}
    for path in sorted(folder.glob(f"{DAILY}/*/history/*/*/*.parquet")):
        day = date.fromisoformat(path.parent.name.partition("=")[2])
        rows = int(pq.read_metadata(path).num_rows)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[day] = Partition(rows=rows, file=str(path.relative_to(folder)), sha256=digest)
    return found


def _show(duck: Any, shelf: Shelf, folder: Path) -> None:
    for name, parts in _partitions(folder).items():
        show(duck, shelf, name, parts.values(), schema=arrow_schema(contract(name)), day="day")


def _partitions(folder: Path) -> dict[str, dict[date, Partition]]:
    there = json.loads((folder / "partitions.json").read_text(encoding="utf-8"))
    return {
        name: {date.fromisoformat(day): Partition.model_validate(part) for day, part in parts.items()}
        for name, parts in there.items()
    }


def _files(folder: Path, name: str) -> str:
    return f"read_parquet('{folder}/{name}/v1/history/*/*/*.parquet', hive_partitioning = true)"


def _taken(began: float, cpu: float, aggregated: float) -> dict[str, Any]:
    return {
        "s_to_aggregate": round(aggregated, 2),
        "s_with_files": round(time.perf_counter() - began, 2),
        "cpu_s_with_files": round(time.process_time() - cpu, 2),
        "peak_mib": _peak_mib(),
    }


def _peak_mib() -> int:
    """What the resource module says would begin with the peak of whoever started this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) // 1024


def _said(found: pd.DataFrame) -> list[Any]:
    """What all ways must agree upon, over the cells that sum up a day."""
    whole = found[(found["language"] == "all") & (found["carrier"] == "all")]
    counts = [int(whole[name].sum()) for name in ("responses", "requests", "requests_answered")]
    return [
        len(found),
        *counts,
        *(round(float(whole[name].sum()), 6) for name in ("csat", "nps", "ces", "easy")),
    ]


if __name__ == "__main__":
    way, where = sys.argv[1:]
    print(json.dumps(globals()[way](Path(where))))

"""The daily rollup with pandas, as it is usually written: frames are read, joined and grouped."""

from pathlib import Path

import pandas as pd
import pyarrow.dataset as ds
from rollup_files import SCORES

_CELLS = (["language", "carrier"], ["language"], ["carrier"], [])
_KEY = ["shop", "day", "language", "carrier"]


def by_pandas(folder: Path) -> pd.DataFrame:
    """A row for each cell, as the other ways answer."""
    sheets = _read(folder, "survey_responses", [*_KEY, "request_id", "is_counted", *SCORES, "nps", "ces"])
    asked = _read(folder, "message_ledger", [*_KEY, "request_id", "outcome"])
    asked = asked[asked["request_id"].notna() & (asked["outcome"] == "sent")]
    answered = sheets[["request_id"]].dropna().drop_duplicates().assign(is_answered=True)
    asked = asked.merge(answered, on="request_id", how="left")
    asked["is_answered"] = asked["is_answered"].notna()
    sheets = sheets[sheets["is_counted"]]
    scored = sheets.assign(
        csat=(sheets["overall_experience"] >= 4).where(sheets["overall_experience"].notna()),
        promoter=(sheets["nps"] >= 9).where(sheets["nps"].notna()),
        detractor=(sheets["nps"] <= 6).where(sheets["nps"].notna()),
        easy=(sheets["ces"] >= 5).where(sheets["ces"].notna()),
    )
    for name in ("csat", "promoter", "detractor", "easy"):
        scored[name] = scored[name].astype("float64")
    pieces = []
    for by in _CELLS:
        said = scored.groupby(["shop", "day", *by]).agg(
            responses=("is_counted", "size"),
            **{name: (name, "mean") for name in (*SCORES, "ces", "csat", "easy", "promoter", "detractor")},
            **{f"{name}_n": (name, "count") for name in (*SCORES, "ces")},
        )
        requested = asked.groupby(["shop", "day", *by]).agg(
            requests=("is_answered", "size"), requests_answered=("is_answered", "sum")
        )
        pieces.append(said.join(requested, how="outer").reset_index())
    whole = pd.concat(pieces, ignore_index=True).fillna({"language": "all", "carrier": "all"})
    return whole.assign(nps=100 * (whole["promoter"] - whole["detractor"])).sort_values(_KEY)


def _read(folder: Path, name: str, columns: list[str]) -> pd.DataFrame:
    files = sorted(map(str, folder.glob(f"{name}/v1/history/*/*/*.parquet")))
    return ds.dataset(files, format="parquet").to_table(columns=columns).to_pandas()

"""The analysts' notebook runs from the first cell to the last on a published month, and is kept without its outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.xdist_group("published-month")
NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "satisfaction.ipynb"


@pytest.mark.filterwarnings("default")  # what its kernel and its own libraries warn of is not ours
def test_the_notebook_reads_a_published_month(published_month, monkeypatch):
    _, _, folder, _ = published_month
    monkeypatch.setenv("DATASETS_PATH", str(folder))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    said = "".join(
        output.get("text", "") or output["data"].get("text/plain", "")
        for cell in code
        for output in cell.outputs
    )
    assert "NPS': Estimate(n=" in said
    assert "days of a shop have enough answers to be shown" in said
    assert any("image/svg+xml" in output.get("data", {}) for cell in code for output in cell.outputs)

"""The house keeps its promises: storeys, names, sizes, what ships in the wheel, and documents that are true."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from a_document import CODE, anchors, words_after, wrong_in
from pydantic import BaseModel

from postventa.cli.running import FLOWS
from postventa.connectors import carriers, channels, shops
from postventa.connectors.doors import adapters
from postventa.settings import Settings, read_settings

ROOT = Path(__file__).parent.parent
STOREYS = ("postventa", "flows", "tasks")
SOURCES = sorted(path for storey in STOREYS for path in (ROOT / storey).rglob("*.py"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "templates").rglob("*.md")])


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def run(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)


# --- the code ---


def test_no_file_is_longer_than_people_like_to_read():
    """A migration is a list of tables, as long as they are many."""
    lines = {named(path): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    long = {name: count for name, count in lines.items() if count > 300 and "/versions/" not in name}
    assert long == {}


def test_no_file_is_a_drawer_for_anything():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "base_utils"}
    assert [named(path) for path in SOURCES if path.stem in drawers] == []


def test_every_module_opens_with_a_sentence():
    mute = [named(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert mute == []


def test_every_exception_from_a_rule_says_why():
    """In a line of code, after the rule; in the configuration, on the line of its rules."""
    folders = (*STOREYS, "tests", "benchmarks")
    python = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    bare = re.compile(r"# (?:noqa(?!: [A-Z0-9, ]+ - \w)|type: ignore(?!\[[\w, -]+\] +# \w))")
    marked = {
        f"{named(path)}:{number}"
        for path in python
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if bare.search(line)
    }
    ruff = (
        (ROOT / "pyproject.toml")
        .read_text("utf-8")
        .partition("\nignore = [")[2]
        .partition("\n[tool.mypy]")[0]
    )
    unsaid = re.compile(r'^(?!"[\w./*]+" = \[$).*"(?:[A-Z]+\d*)",?(?: \])?[^#]*$', re.MULTILINE)
    assert (marked, unsaid.findall(ruff)) == (set(), [])


def nouns(folder: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob("*.py") if path.stem != "__init__"}


def test_a_noun_has_one_file_name_on_every_storey():
    flows = nouns("flows")
    assert flows
    assert flows <= nouns("tasks")
    assert flows <= nouns("postventa/rules") | nouns("postventa/store")
    assert flows == set(FLOWS)


def test_the_tests_are_no_package():
    """A `tests/flows/__init__.py` would shadow the flows."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.xdist_group("house")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one worker has every group")
def test_tests_of_a_group_are_kept_together(request):
    """Without it every worker starts a Prefect server, and nobody is told."""
    assert request.node.nodeid.endswith("@house")


@pytest.mark.parametrize("doors", [shops, carriers, channels])
def test_every_adapter_answers_connect(doors):
    found = adapters(doors)
    assert found
    for name in found:
        assert callable(import_module(f"{doors.__name__}.{name}").connect)


def test_the_walls_between_the_storeys_hold():
    done = run(Path(sys.executable).parent / "lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


EVERYTHING_BUT_PREFECTS_OWN = """
import pkgutil, sys, postventa, postventa.cli
heavy = [name for name in ("prefect", "great_expectations", "pandas", "starlette", "faker") if name in sys.modules]
assert not heavy, f"postventa.cli imports {heavy}"
apart = ("postventa.cli.prefect_setup", "postventa.demo", "postventa.store.migrations")
for module in pkgutil.walk_packages(postventa.__path__, "postventa."):
    if not module.name.startswith(apart):
        __import__(module.name)
assert "prefect" not in sys.modules, "something in postventa imports prefect"
"""


HEAVY_OF_THE_NIGHT = """
import sys, postventa.cli, flows.orders
heavy = [name for name in ("pandas", "pyarrow", "duckdb", "great_expectations", "altair") if name in sys.modules]
assert not heavy, f"the order flows import {heavy}"
"""


def test_the_order_flows_start_without_what_the_night_needs():
    done = run(sys.executable, "-c", HEAVY_OF_THE_NIGHT)
    assert done.returncode == 0, done.stderr


def test_the_core_and_the_command_line_start_without_prefect():
    done = run(sys.executable, "-c", EVERYTHING_BUT_PREFECTS_OWN)
    assert done.returncode == 0, done.stderr


# --- the wheel ---


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from this tree, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as packed:
        packed.extractall(folder / "unpacked")
    return folder / "unpacked"


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["templates", "data_contracts"])
def test_the_wheel_holds_what_code_reads(wheel, folder):
    there = {name for name in contents(ROOT / folder) if "__pycache__" not in name}
    assert contents(wheel / "postventa/_shipped" / folder) == there


def test_the_wheel_holds_every_module_and_page(wheel):
    packed = contents(wheel)
    assert {named(path) for path in SOURCES} <= packed
    assert {named(path) for path in (ROOT / "postventa").rglob("pages/*") if path.is_file()} <= packed
    laws = {named(path) for path in (ROOT / "postventa/rules").rglob("*.toml")}
    assert "postventa/rules/law/es_complaints.toml" in laws <= packed
    assert {
        "postventa/store/migrations/script.py.mako",
        "postventa/_shipped/postventa.example.toml",
    } <= packed
    assert not [name for name in packed if name.startswith(("tests", "benchmarks"))]


A_FIRST_DAY = """
import sys, tomllib
from pathlib import Path
from a_dossier import MONDAY, a_dossier, owed
import postventa
from postventa.cli import run
from postventa.letters import Desk
from postventa.settings import read_settings
assert Path(postventa.__file__).is_relative_to(sys.argv[1]), postventa.__file__
assert run(["init"]) == run(["db", "upgrade"]) == run(["ledger"]) == 0
settings = read_settings()
for message in ("received", "paid", "in_preparation", "delivered"):
    assert b"Tienda Ejemplo" in Desk(a_dossier(), settings, settings.channels["email"]).letter(owed(message), MONDAY).data
"""


def test_an_unpacked_wheel_makes_a_store_and_writes_messages(wheel, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "tests/support", elsewhere)
    paths = f"import sys; sys.path[:0] = {[str(wheel), str(elsewhere)]!r}\n"
    done = run(sys.executable, "-I", "-c", paths + A_FIRST_DAY, wheel, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


# --- the documents ---


def test_the_documents_that_people_look_for_are_there():
    wanted = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"}
    assert {name for name in wanted if not (ROOT / name).is_file()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document):
    text = re.sub(CODE, "", document.read_text("utf-8"))
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_path_that_is_named_exists(document):
    folders = "postventa|flows|tasks|templates|tests|docs|benchmarks|data_contracts|deploy"
    spans = re.findall(rf"`((?:{folders})/[\w./-]+)`", document.read_text("utf-8"))
    assert [span for span in spans if not (ROOT / span).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_target_that_is_named_exists(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {words[0] for words in words_after("make", document) if re.fullmatch("[a-z]+", words[0])}
    assert asked - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_command_that_is_named_exists(document):
    asked = words_after("postventa", document)
    assert [" ".join(words) for words in asked if wrong_in(words)] == []


@pytest.mark.parametrize("words", ["simulat", "parked retyr 3", "plan --untill now", "quarantine shwo 1"])
def test_a_command_that_is_misspelt_in_a_document_is_found(words):
    assert wrong_in(words.split())


def test_the_readme_names_commands_and_targets():
    readme = ROOT / "README.md"
    assert {"demo", "test"} <= {words[0] for words in words_after("make", readme)}
    assert {"init", "check", "db"} <= {words[0] for words in words_after("postventa", readme)}


# --- the configuration ---

EXAMPLE = ROOT / "postventa.example.toml"


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def sections() -> dict[str, type[BaseModel]]:
    """`company` -> its model; `shops.*` -> the model of one shop."""
    found: dict[str, type[BaseModel]] = {}
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "__args__", None)
        found[f"{name}.*" if inner else name] = inner[1] if inner else field.annotation
    return found


def test_the_example_configuration_is_valid_and_has_every_section():
    read_settings(EXAMPLE)
    assert set(tomllib.loads(EXAMPLE.read_text("utf-8"))) == set(Settings.model_fields)


@pytest.mark.parametrize("section", sorted(sections()))
def test_every_key_of_the_configuration_is_shown_or_described(section):
    """Either in the example (as a comment where a plain installation has none), or in the operators' table."""
    text = EXAMPLE.read_text("utf-8")
    written = tomllib.loads(text)[section.partition(".")[0]]
    table = next(iter(written.values()), {}) if section.endswith(".*") else written
    described = set(re.findall(r"`(\w+)`", (ROOT / "docs/operators.md").read_text("utf-8")))
    if section == "mailboxes.*":
        described |= set(re.findall(r"^# (\w+) =", text.partition("# [mailboxes.atencion]")[2], re.MULTILINE))
    assert set(table) <= keys_of(sections()[section])
    assert keys_of(sections()[section]) - set(table) - described == set()

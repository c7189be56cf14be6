"""Every adapter is whole: what its protocol asks for, what it accepts written down, tests of its own."""

import inspect
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from postventa import news
from postventa.connectors import carriers, channels, post, shops
from postventa.connectors.doors import adapters
from postventa.shipped import shipped

HERE = Path(__file__).parent
DOORS = [
    *((shops, name, news.Shop) for name in adapters(shops)),
    *((carriers, name, news.Carrier) for name in adapters(carriers)),
    *((channels, name, post.Channel) for name in adapters(channels)),
]


def module_of(package: ModuleType, name: str) -> ModuleType:
    return import_module(f"{package.__name__}.{name}")


def questions(protocol: type) -> dict[str, list[str]]:
    """The methods that a protocol asks for, each with the names of its parameters."""
    return {
        name: list(inspect.signature(method).parameters)
        for name, method in vars(protocol).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("package", "name", "protocol"), DOORS, ids=[f"{package.__name__}.{name}" for package, name, _ in DOORS]
)
def test_an_adapter_answers_every_question_of_its_protocol(package, name, protocol):
    connect = module_of(package, name).connect
    door = inspect.signature(connect, eval_str=True).return_annotation
    answered = {
        question: list(inspect.signature(getattr(door, question)).parameters)
        for question in questions(protocol)
        if hasattr(door, question)
    }
    assert answered == questions(protocol)


@pytest.mark.parametrize("platform", adapters(shops))
def test_what_a_shop_must_send_is_written_down(platform):
    path = shipped("data_contracts") / "inbound" / f"{platform}.odcs.yaml"
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert contract["id"] == f"postventa-inbound-{platform}"
    assert {schema["name"] for schema in contract["schema"]} >= {"order"}


@pytest.mark.parametrize("name", sorted({*adapters(shops), *adapters(carriers)}))
def test_an_adapter_has_tests_of_its_own(name):
    assert list(HERE.glob(f"test_{name}*.py"))


def test_the_example_configuration_names_an_adapter_that_is_there():
    example = tomllib.loads(shipped("postventa.example.toml").read_text(encoding="utf-8"))
    assert {shop["platform"] for shop in example["shops"].values()} <= set(adapters(shops))
    assert {carrier["adapter"] for carrier in example["carriers"].values()} <= set(adapters(carriers))

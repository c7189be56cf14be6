"""Where templates and data contracts are: inside the installed package, else beside it in the repository."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `templates` or `data_contracts`, or the example configuration, that came with this installation."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.exists() else _PACKAGE.parent / name

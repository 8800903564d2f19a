"""Everything public is documented, and the examples in the documentation run."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import example_files
import pixelflume
import pytest

#: Libraries that need not be installed, and that a module may import.
OPTIONAL = {"daft", "numpy", "PIL", "pyarrow", "ray"}

MODULES = [
    "pixelflume",
    *(
        module.name
        for module in pkgutil.walk_packages(pixelflume.__path__, "pixelflume.")
    ),
]

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed")
    example_files.put_into(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(module, optionflags=FLAGS)
    assert result.failed == 0, "the report above shows what was expected"


def public() -> list[str]:
    """The names of the package, and those of its classes, without underscore."""
    found = []
    for name in vars(pixelflume):
        value = getattr(pixelflume, name)
        if name.startswith("_") or isinstance(value, type(pixelflume)):
            continue
        found.append(name)
        if isinstance(value, type):
            members = (each for each in vars(value) if not each.startswith("_"))
            found += [f"{name}.{member}" for member in members]
    return found


@pytest.mark.parametrize("name", public())
def test_public_names_are_documented(name: str) -> None:
    value = pixelflume
    for part in name.split("."):
        value = getattr(value, part)
    if not callable(value) and not isinstance(value, property):
        pytest.skip("a value has no documentation of its own")
    assert (value.__doc__ or "").strip(), f"pixelflume.{name} has no documentation"

"""The installed package: version, dependencies, and what importing it loads."""

import importlib.metadata
import subprocess
import sys

import pixelflume


def run(script: str) -> str:
    """Run a script in a process of its own, and give what it prints."""
    command = [sys.executable, "-P", "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_version_is_that_of_the_distribution() -> None:
    assert pixelflume.__version__ == importlib.metadata.version("pixelflume")


def test_the_package_has_no_dependencies() -> None:
    assert not importlib.metadata.requires("pixelflume")


def test_importing_loads_nothing_but_the_standard_library() -> None:
    loaded = run(
        "import sys; before = set(sys.modules); import pixelflume; "
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    ).split()
    assert "pixelflume" in loaded
    assert set(loaded) - set(sys.stdlib_module_names) == {"pixelflume"}


def test_importing_loads_no_library_of_cuda() -> None:
    maps = run("import pixelflume; print(open('/proc/self/maps').read())")
    assert "_native" in maps
    assert "libcuda" not in maps and "libnvrtc" not in maps


def test_types_are_installed() -> None:
    files = {str(file) for file in importlib.metadata.files("pixelflume") or ()}
    assert {"pixelflume/py.typed", "pixelflume/_native.pyi"} <= files


def test_licenses_are_installed() -> None:
    metadata = importlib.metadata.metadata("pixelflume")
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    files = {file.name for file in importlib.metadata.files("pixelflume") or ()}
    assert {"LICENSE-APACHE", "LICENSE-MIT"} <= files

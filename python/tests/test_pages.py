"""The Python examples of the pages run: README.md, python/README.md and docs/*.md.

The examples of a page run one after the other in one namespace, in a folder with the
files of `example_files`. An example that cannot run, since it needs a GPU or files that
are not there, has `<!-- skip: next -->` before it. A page about a library that is not
installed is skipped; `cargo xtask python --live` installs those of `LIVE`.
"""

import os
import sysconfig
from pathlib import Path

import example_files
import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

#: Libraries that `cargo xtask python --live` installs.
LIVE = {"cv2", "torch", "torchvision", "transformers"}
#: Libraries that need a GPU or are large, and are installed by nobody here.
ELSEWHERE = {"cupy", "cvcuda", "jax", "nvidia", "nvcv"}
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    # They have no wheels for a Python without the GIL.
    ELSEWHERE |= {"daft", "ray"}

PAGES = [
    page
    for page in [
        example_files.REPOSITORY / "README.md",
        example_files.REPOSITORY / "python" / "README.md",
        *sorted((example_files.REPOSITORY / "docs").glob("*.md")),
    ]
    if "```python" in page.read_text()
]


def run_examples(page: Path) -> int:
    """Run the examples of a page, and give their number."""
    document = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()]).parse(page)
    count = 0
    for example in document.examples():
        example.evaluate()
        count += 1
    return count


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(example_files.REPOSITORY))
)
def test_examples_of_a_page(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example_files.put_into(tmp_path)
    monkeypatch.chdir(tmp_path)
    may_be_missing = ELSEWHERE if "PIXELFLUME_LIVE" in os.environ else LIVE | ELSEWHERE
    try:
        assert run_examples(page) > 0
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in may_be_missing:
            raise
        pytest.skip(f"{error.name} is not installed")


def test_a_wrong_example_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 1\n```\ntext\n```python\nassert x == 2\n```\n")
    with pytest.raises(AssertionError):
        run_examples(page)
    page.write_text("<!-- skip: next -->\n```python\nassert False\n```\n")
    run_examples(page)

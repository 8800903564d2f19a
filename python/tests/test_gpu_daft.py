"""Daft's workers that run on a GPU, and workers that do not: the same bytes.

Each test is skipped, by name, where there is no GPU or no Daft.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from column_images import is_equal
from pixelflume._arrow import Job, Result
from test_gpu_files import clip, damaged, jpegs, photo, saved

daft = pytest.importorskip("daft")

import pixelflume.daft

DEVICE = "cuda"
HAS_GPU = any(device["name"].startswith(DEVICE) for device in pf.devices())
pytestmark = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")


@pytest.fixture(autouse=True)
def path_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of Daft find this module by its name."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


def flipped() -> pf.Pipeline:
    """A pipeline whose results have the sizes of the images."""
    return pf.Pipeline().flip("horizontal")


def files() -> list[bytes]:
    """JPEG files, which the GPU decodes, and files that the CPU decodes for it."""
    colored = [file for number, file in enumerate(jpegs()) if number != 13]
    return [*colored, saved(photo(20), "PNG"), saved(photo(21), "BMP")]


def frame_of(files: list[bytes | None]) -> Any:
    return daft.from_pydict({"id": list(range(len(files))), "image": files})


def worker(device: str, use_process: bool) -> dict[str, Any]:
    """The arguments of a stage on a device, in a process of its own or in this one."""
    resources = {"device": device, "batch": 4, "use_process": use_process}
    if device == DEVICE:
        resources["gpus"] = 1
    if use_process:
        resources |= {"threads": 1, "max_concurrency": 1}
    return resources


def assert_tensors(column: list[Any], expected: list[np.ndarray]) -> None:
    for one, wanted in zip(column, expected, strict=True):
        assert is_equal(np.asarray(one), wanted)


@pytest.mark.parametrize("use_process", [False, True], ids=["thread", "process"])
@pytest.mark.parametrize("pipeline", [clip(), flipped()], ids=["fixed", "variable"])
def test_workers_with_and_without_a_gpu_give_equal_bytes(
    pipeline: pf.Pipeline, use_process: bool
) -> None:
    expected = [pipeline([file], device="host").numpy()[0] for file in files()]
    # Both stages are in one query, which runs them at the same time.
    tensors = {
        name: pixelflume.daft.expression(
            pipeline, "image", **worker(device, use_process)
        )
        for name, device in (("gpu", DEVICE), ("cpu", "host"))
    }
    rows = frame_of([*files()]).with_columns(tensors).sort("id").to_pydict()
    for name in tensors:
        assert_tensors(rows[name], expected)


@pytest.mark.parametrize("use_process", [False, True], ids=["thread", "process"])
def test_rows_that_fail_are_the_same(use_process: bool) -> None:
    good = files()
    given = [good[0], b"no image", None, damaged(), *good[1:], damaged()]
    failing = {1, 2, 3, len(given) - 1}
    kept = [index for index in range(len(given)) if index not in failing]
    expected = list(clip()(good, device="host").numpy())

    def through(device: str, policy: Any) -> dict[str, list[Any]]:
        stage = worker(device, use_process)
        made = pixelflume.daft.with_tensors(
            frame_of(given), clip(), on_error=policy, **stage
        )
        return made.sort("id").to_pydict()

    nulls = [through(device, "null") for device in (DEVICE, "host")]
    for rows in nulls:
        none = {row for row, tensor in enumerate(rows["tensor"]) if tensor is None}
        assert none == failing
        assert_tensors([rows["tensor"][row] for row in kept], expected)
    assert nulls[0]["tensor_error"] == nulls[1]["tensor_error"]
    for rows in (through(device, "skip") for device in (DEVICE, "host")):
        assert rows["id"] == kept
        assert_tensors(rows["tensor"], expected)


@pytest.mark.parametrize("device", [DEVICE, "host"])
def test_a_damaged_file_stops_the_query(device: str) -> None:
    tensors = pixelflume.daft.expression(clip(), "image", device=device)
    frame = frame_of([*files()[:2], damaged(), *files()[2:4]])
    with pytest.raises(pf.InputError, match="row 2: .*on_error"):
        frame.select(tensors).to_pydict()


@dataclass(frozen=True)
class Dying(Job):
    """A job whose process ends, once, when it has made its first results."""

    flag: str = ""

    def run(self, *arguments: Any, **named: Any) -> Result:
        result = super().run(*arguments, **named)
        try:
            open(self.flag, "x").close()
        except FileExistsError:
            return result
        os._exit(1)


def test_a_process_that_dies_leaves_the_gpu_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Daft starts no process again: the query fails, and can be run again.
    flag = tmp_path / "died"
    monkeypatch.setattr(pixelflume.daft, "Job", partial(Dying, flag=str(flag)))
    tensors = pixelflume.daft.expression(clip(), "image", **worker(DEVICE, True))
    query = frame_of([*files()]).select("id", tensors.alias("tensor"))
    with pytest.raises(RuntimeError, match="process"):
        query.to_pydict()
    assert flag.exists()
    rows = query.sort("id").to_pydict()
    assert_tensors(rows["tensor"], list(clip()(files(), device="host").numpy()))

"""Workers of Ray with a GPU, and workers without one: the same bytes.

Each test is skipped, by name, where there is no GPU or no Ray.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pixelflume as pf
import pixelflume.ray
import pytest
import ray_cluster
from column_images import is_equal
from ray_cluster import rows_of
from test_gpu_files import clip, damaged, jpegs, photo, saved

ray = ray_cluster.ray

DEVICE = "cuda"
HAS_GPU = any(device["name"].startswith(DEVICE) for device in pf.devices())
pytestmark = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    with ray_cluster.started(cpus=4, gpus=1):
        yield


def flipped() -> pf.Pipeline:
    """A pipeline whose results have the sizes of the images."""
    return pf.Pipeline().flip("horizontal")


def files() -> list[bytes]:
    """JPEG files, which the GPU decodes, and files that the CPU decodes for it."""
    colored = [file for number, file in enumerate(jpegs()) if number != 13]
    return [*colored, saved(photo(20), "PNG"), saved(photo(21), "BMP")]


def dataset(files: list[bytes | None], blocks: int = 1) -> Any:
    items = [{"id": index, "bytes": file} for index, file in enumerate(files)]
    return ray.data.from_items(items, override_num_blocks=blocks)


class Telling(pixelflume.ray.Stage):
    """A stage with columns of its process and of the number of GPUs that Ray gave it."""

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        result = super().__call__(batch)
        own = {"process": os.getpid(), "gpus": len(ray.get_gpu_ids())}
        for name, number in own.items():
            result = result.append_column(name, pa.array([number] * len(result)))
        return result


class Dying(Telling):
    """A stage whose process ends, once, when the GPU has made its first results."""

    def __init__(self, flag: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.flag = flag

    def __call__(self, batch: Any) -> Any:
        result = super().__call__(batch)
        try:
            with open(self.flag, "x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            return result
        os._exit(1)


def mapped(
    rows: Any, pipeline: pf.Pipeline, gpus: float, actors: int = 1, **stage: Any
) -> Any:
    """The rows through actors with a part of a GPU, or with none of it."""
    kind = Dying if "flag" in stage else Telling
    flag = stage.pop("flag", None)
    if gpus:
        stage["device"] = DEVICE
    options = pixelflume.ray.options(
        pipeline,
        gpus=gpus,
        cpus=1,
        actors=actors,
        batch_size=4,
        column="bytes",
        **stage,
    )
    del options["memory"]
    if flag is not None:
        options["fn_constructor_kwargs"]["flag"] = flag
    return rows.map_batches(kind, **options)


def assert_tensors(rows: list[dict[str, Any]], expected: list[np.ndarray]) -> None:
    for row, wanted in zip(rows, expected, strict=True):
        assert is_equal(np.asarray(row["tensor"]), wanted)


@pytest.mark.parametrize("pipeline", [clip(), flipped()], ids=["fixed", "variable"])
def test_workers_with_and_without_a_gpu_give_equal_bytes(pipeline: pf.Pipeline) -> None:
    expected = [pipeline([file], device="host").numpy()[0] for file in files()]
    for gpus in (1, 0):
        rows = rows_of(mapped(dataset([*files()]), pipeline, gpus))
        assert {row["gpus"] for row in rows} == {gpus}
        assert_tensors(rows, expected)


def test_one_data_set_through_both_kinds_of_workers() -> None:
    given, pipeline = dataset([*files()], blocks=4), clip()
    halves = [
        given.filter(lambda row, half=half: row["id"] % 2 == half) for half in (0, 1)
    ]
    both = mapped(halves[0], pipeline, 1).union(mapped(halves[1], pipeline, 0))
    rows = rows_of(both)
    assert [row["gpus"] for row in rows] == [1, 0] * (len(rows) // 2) + [1] * (
        len(rows) % 2
    )
    assert_tensors(rows, list(pipeline(files(), device="host").numpy()))


def test_two_actors_share_the_gpu_and_one_dies(tmp_path: Path) -> None:
    flag, pipeline = tmp_path / "died", clip()
    given = files() * 3
    rows = rows_of(
        mapped(dataset([*given], blocks=6), pipeline, 0.5, actors=2, flag=str(flag))
    )
    assert int(flag.read_text()) not in {int(row["process"]) for row in rows}
    assert {row["gpus"] for row in rows} == {1}
    assert_tensors(rows, list(pipeline(given, device="host").numpy()))


@pytest.mark.parametrize("policy", ["null", "skip"])
def test_rows_that_fail_are_the_same(policy: Any) -> None:
    good = files()
    given = [good[0], b"no image", None, damaged(), *good[1:], damaged()]
    failing = {1, 2, 3, len(given) - 1}
    kept = [index for index in range(len(given)) if index not in failing]
    both = [
        rows_of(mapped(dataset(given), clip(), gpus, on_error=policy))
        for gpus in (1, 0)
    ]
    expected = list(clip()(good, device="host").numpy())
    for rows in both:
        if policy == "null":
            none = {row["id"] for row in rows if row["tensor_error"] is not None}
            assert none == failing
            rows = [row for row in rows if row["id"] not in failing]
        assert [row["id"] for row in rows] == kept
        assert_tensors(rows, expected)
    reasons = [[row.get("tensor_error") for row in rows] for rows in both]
    assert reasons[0] == reasons[1]


@pytest.mark.parametrize("gpus", [1, 0])
def test_a_damaged_file_stops_the_job(gpus: int) -> None:
    given = [*files()[:2], damaged(), *files()[2:4]]
    with pytest.raises(Exception, match="row 2: .*on_error"):
        mapped(dataset([*given]), clip(), gpus).take_all()

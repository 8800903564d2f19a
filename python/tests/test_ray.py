"""Ray Data with a real cluster of two CPUs."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import column_images as ci
import numpy as np
import pixelflume as pf
import pixelflume.ray
import pytest
import ray_cluster
from ray_cluster import rows_of

ray = ray_cluster.ray


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    with ray_cluster.started(cpus=2, gpus=1):
        yield


def fixed() -> pf.Pipeline:
    resized = pf.Pipeline().resize((20, 16), "bilinear")
    return resized.normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.25), layout="chw")


def variable() -> pf.Pipeline:
    return pf.Pipeline().gaussian_blur(5)


def expected(pipeline: pf.Pipeline, images: list[np.ndarray]) -> list[np.ndarray]:
    return [pipeline([image], device="cpu").numpy()[0] for image in images]


def dataset(images: list[np.ndarray], blocks: int = 1) -> Any:
    items = [
        {"id": index, "image": image, "bytes": ci.png(image)}
        for index, image in enumerate(images)
    ]
    return ray.data.from_items(items, override_num_blocks=blocks)


class Dying(pixelflume.ray.Stage):
    """A stage whose process ends at its first batch, once."""

    def __init__(self, flag: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.flag = flag

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        try:
            os.close(os.open(self.flag, os.O_CREAT | os.O_EXCL))
            os._exit(1)
        except FileExistsError:
            pass
        result = super().__call__(batch)
        of_process = pa.array([[os.getpid(), pf.get_num_threads()]] * len(result))
        return result.append_column("process", of_process)


def test_two_actors_of_which_one_dies(tmp_path: Path) -> None:
    images = ci.images(12)
    options = pixelflume.ray.options(
        fixed(), column="bytes", actors=2, cpus=1, batch_size=2, output="values"
    )
    del options["memory"]
    flag = str(tmp_path / "died")
    options["fn_constructor_kwargs"]["flag"] = flag
    rows = rows_of(dataset(images, blocks=6).map_batches(Dying, **options))
    assert os.path.exists(flag)
    assert len(rows) == len(images)
    for row, wanted in zip(rows, expected(fixed(), images), strict=True):
        assert ci.is_equal(np.asarray(row["values"]), wanted)
    # Each process computes on the CPUs that its actor was given.
    assert {int(row["process"][1]) for row in rows} == {1}
    assert int(rows[0]["process"][0]) != os.getpid()


@pytest.mark.parametrize("batch_format", ["pyarrow", "numpy", "pandas"])
@pytest.mark.parametrize("column", ["image", "bytes"])
def test_formats_of_batches(batch_format: str, column: str) -> None:
    images = ci.images(5)
    both = dataset(images)
    for pipeline in (fixed(), variable()):
        stage = pixelflume.ray.Stage(pipeline, column=column, device="cpu")
        rows = rows_of(both.map_batches(stage, batch_format=batch_format, batch_size=3))
        for row, wanted, image in zip(
            rows, expected(pipeline, images), images, strict=True
        ):
            assert ci.is_equal(np.asarray(row["tensor"]), wanted)
            assert np.array_equal(row["image"], image)


@pytest.mark.parametrize("batch_format", ["pyarrow", "numpy", "pandas"])
def test_policies(batch_format: str) -> None:
    good = ci.images(2)
    files = [ci.png(good[0]), b"no image", None, ci.png(good[1])]
    items = [{"id": index, "bytes": file} for index, file in enumerate(files)]
    rows = ray.data.from_items(items, override_num_blocks=1)
    wanted = expected(fixed(), good)

    def through(policy: Any) -> list[dict[str, Any]]:
        stage = pixelflume.ray.Stage(
            fixed(), column="bytes", on_error=policy, device="cpu"
        )
        return rows_of(rows.map_batches(stage, batch_format=batch_format))

    nulls = through("null")
    reasons = [row["tensor_error"] for row in nulls]
    assert [reason is None for reason in reasons] == [True, False, False, True]
    kept = through("skip")
    assert [row["id"] for row in kept] == [0, 3]
    for found in ([nulls[0], nulls[3]], kept):
        for row, tensor in zip(found, wanted, strict=True):
            assert ci.is_equal(np.asarray(row["tensor"]), tensor)
    with pytest.raises(Exception, match="row 2.*null"):
        through("error")


def test_nulls_stay_null_in_arrow() -> None:
    items = [{"id": 0, "bytes": b"no"}, {"id": 1, "bytes": ci.png(ci.images(1)[0])}]
    rows = ray.data.from_items(items, override_num_blocks=1)
    for pipeline in (fixed(), variable()):
        stage = pixelflume.ray.Stage(
            pipeline, column="bytes", on_error="null", device="cpu"
        )
        (batch,) = rows.map_batches(stage, batch_format="pyarrow").iter_batches(
            batch_format="pyarrow", batch_size=None
        )
        assert batch["tensor"].is_valid().to_pylist() == [False, True]


def test_the_example_writes_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ci.examples_in(tmp_path)
    script = ci.EXAMPLES / "folder_to_parquet_ray.py"
    arguments = [str(script), str(files), str(tmp_path / "tensors"), "--actors", "1"]
    monkeypatch.setattr("sys.argv", arguments)
    runpy.run_path(str(script), run_name="__main__")
    ci.assert_tensors_of_examples(tmp_path / "tensors", files)


def test_a_column_that_is_not_there_is_named() -> None:
    import pyarrow as pa

    stage = pixelflume.ray.Stage(fixed(), column="picture", device="cpu")
    for batch in (pa.table({"bytes": [b""]}), {"bytes": np.array([b""], object)}):
        with pytest.raises(KeyError, match="picture.*bytes"):
            stage(batch)


def test_options_follow_the_pipeline() -> None:
    large = (
        pf.Pipeline()
        .resize((1024, 1024), "bilinear")
        .normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), layout="chw")
    )
    on_cpu = pixelflume.ray.options(fixed())
    assert on_cpu["num_cpus"] == 1 and "num_gpus" not in on_cpu
    assert on_cpu["fn_constructor_kwargs"]["device"] == "host"
    assert pixelflume.ray.options(large)["memory"] > on_cpu["memory"]
    on_gpu = pixelflume.ray.options(fixed(), gpus=0.5, actors=(1, 4))
    assert on_gpu["num_gpus"] == 0.5
    assert on_gpu["batch_size"] > on_cpu["batch_size"]
    assert (on_gpu["compute"].min_size, on_gpu["compute"].max_size) == (1, 4)


class Telling(pixelflume.ray.Stage):
    """A stage with a column of the device that its worker chose."""

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        result = super().__call__(batch)
        device = str(self._prepared().device)
        return result.append_column("device", pa.array([device] * len(result)))


@pytest.mark.parametrize(
    "gpus, asked, device",
    [(None, None, "host"), (0.5, None, "None"), (None, "cpu", "cpu")],
)
def test_a_worker_without_a_gpu_takes_none(
    gpus: float | None, asked: str | None, device: str
) -> None:
    # Ray shows all GPUs of the machine to a worker that was given none.
    images = ci.images(2)
    stage = Telling(fixed(), column="bytes", device=asked)
    mapped = dataset(images).map_batches(
        stage, batch_format="pyarrow", batch_size=2, num_gpus=gpus
    )
    for row, wanted in zip(rows_of(mapped), expected(fixed(), images), strict=True):
        assert row["device"] == device
        assert ci.is_equal(np.asarray(row["tensor"]), wanted)

"""Daft's own runner on this machine."""

from __future__ import annotations

import os
import runpy
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import column_images as ci
import numpy as np
import pixelflume as pf
import pytest
from pixelflume._arrow import Job, Result

daft = pytest.importorskip("daft")

import pixelflume.daft  # noqa: E402
from daft import DataType, col  # noqa: E402


def fixed(dtype: Literal["f32", "f16", "bf16"] = "f32") -> pf.Pipeline:
    resized = pf.Pipeline().resize((20, 16), "bilinear")
    normalized = resized.normalize(
        (0.5, 0.4, 0.3), (0.2, 0.3, 0.25), dtype=dtype, layout="chw"
    )
    return normalized


def variable() -> pf.Pipeline:
    return pf.Pipeline().gaussian_blur(5)


def expected(pipeline: pf.Pipeline, images: list[np.ndarray]) -> list[np.ndarray]:
    return [pipeline([image], device="cpu").numpy()[0] for image in images]


@pytest.fixture
def images() -> list[np.ndarray]:
    return ci.images(6)


@pytest.fixture
def frame(tmp_path: Path, images: list[np.ndarray]) -> Any:
    """A data frame with the images in every kind of column."""
    rows = {
        "id": list(range(len(images))),
        "path": ci.files_in(tmp_path, images),
        "bytes": [ci.png(image) for image in images],
    }
    return daft.from_pydict(rows).with_columns(
        {
            "image": col("bytes").decode_image(),
            "rgb": col("bytes").decode_image(mode="RGB"),
        }
    )


@pytest.mark.parametrize("column", ["path", "bytes", "image", "rgb"])
def test_columns_equal_the_plain_call(
    frame: Any, images: list[np.ndarray], column: str
) -> None:
    for pipeline in (fixed(), variable()):
        tensors = pixelflume.daft.expression(
            pipeline, col(column), device="cpu", batch=4
        )
        rows = frame.select("id", tensors.alias("tensor")).sort("id").to_pydict()
        for one, other in zip(rows["tensor"], expected(pipeline, images), strict=True):
            assert ci.is_equal(np.asarray(one), other)


def test_images_of_one_size(frame: Any) -> None:
    frame = frame.with_column("equal", col("rgb").resize(30, 24)).collect()
    sizes = frame.select("equal").to_pydict()["equal"]
    tensors = pixelflume.daft.expression(variable(), "equal", device="cpu")
    rows = frame.select(tensors.alias("tensor")).to_pydict()
    for one, other in zip(rows["tensor"], expected(variable(), sizes), strict=True):
        assert ci.is_equal(np.asarray(one), other)


def test_fixed_shape_images(images: list[np.ndarray]) -> None:
    equal = [image[:24, :30].copy() for image in images]
    series = daft.Series.from_pylist([image.ravel().tolist() for image in equal])
    lists = series.cast(DataType.fixed_size_list(DataType.uint8(), 24 * 30 * 3))
    frame = daft.from_pydict({"image": lists.cast(DataType.image("RGB", 24, 30))})
    tensors = pixelflume.daft.expression(fixed(), "image", device="cpu")
    rows = frame.select(tensors.alias("tensor")).to_pydict()
    for one, other in zip(rows["tensor"], expected(fixed(), equal), strict=True):
        assert ci.is_equal(np.asarray(one), other)


def test_types_of_columns(frame: Any) -> None:
    def type_of(expression: Any) -> Any:
        return frame.select(expression.alias("of")).schema()["of"].dtype

    f16 = pixelflume.daft.expression(fixed("f16"), "bytes")
    assert type_of(f16) == DataType.tensor(DataType.float16(), (3, 20, 16))
    of_any_size = pixelflume.daft.expression(variable(), "bytes")
    assert type_of(of_any_size) == DataType.tensor(DataType.uint8())
    image = pf.input("image")
    two = pf.Pipeline.of(one=image.gaussian_blur(3), other=image.gaussian_blur(5))
    of_two = type_of(pixelflume.daft.expression(two, "bytes"))
    assert list(of_two.fields) == ["one", "other"]


def test_f16(frame: Any, images: list[np.ndarray]) -> None:
    tensors = pixelflume.daft.expression(fixed("f16"), "bytes", device="cpu")
    rows = frame.select(tensors.alias("tensor")).to_pydict()
    for one, other in zip(rows["tensor"], expected(fixed("f16"), images), strict=True):
        assert ci.is_equal(np.asarray(one), other)


@pytest.mark.parametrize("of_one_shape", [True, False])
def test_policies(of_one_shape: bool) -> None:
    pipeline = fixed() if of_one_shape else variable()
    good = ci.images(2)
    files = [ci.png(good[0]), b"no image", None, ci.png(good[1])]
    frame = daft.from_pydict({"id": [0, 1, 2, 3], "image": files})
    wanted = expected(pipeline, good)

    def through(policy: Any) -> dict[str, list[Any]]:
        with_tensors = pixelflume.daft.with_tensors(
            frame, pipeline, on_error=policy, device="cpu"
        )
        return with_tensors.sort("id").to_pydict()

    nulls = through("null")
    assert [row is None for row in nulls["tensor"]] == [False, True, True, False]
    assert [row is None for row in nulls["tensor_error"]] == [True, False, False, True]
    skipped = through("skip")
    assert skipped["id"] == [0, 3]
    assert "tensor_error" not in skipped
    for found in ([nulls["tensor"][0], nulls["tensor"][3]], skipped["tensor"]):
        for one, other in zip(found, wanted, strict=True):
            assert ci.is_equal(np.asarray(one), other)
    with pytest.raises(pf.InputError, match="row 2.*null"):
        through("error")


def test_an_expression_cannot_skip_and_says_what_can() -> None:
    with pytest.raises(ValueError, match="with_tensors"):
        pixelflume.daft.expression(fixed(), "image", on_error="skip")


def test_an_output_cannot_have_the_name_of_the_reasons() -> None:
    pipeline = pf.Pipeline.of(error=pf.input("image").gaussian_blur(3))
    with pytest.raises(ValueError, match="another"):
        pixelflume.daft.expression(pipeline, "image", reasons=True)


@dataclass(frozen=True)
class Telling(Job):
    """A job that leaves a file with the name of its process."""

    folder: str = ""

    def run(self, *arguments: Any, **named: Any) -> Result:
        Path(self.folder, str(os.getpid())).touch()
        return super().run(*arguments, **named)


@pytest.mark.parametrize("reasons", [False, True])
def test_two_workers_in_processes(
    frame: Any,
    images: list[np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reasons: bool,
) -> None:
    # Daft's processes find this module by its name.
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    for pipeline in (fixed(), variable()):
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        job = partial(Telling, folder=str(folder))
        monkeypatch.setattr(pixelflume.daft, "Job", job)
        tensors = pixelflume.daft.expression(
            pipeline,
            "bytes",
            device="cpu",
            batch=2,
            threads=1,
            reasons=reasons,
            use_process=True,
            max_concurrency=2,
        )
        if reasons:
            (output,) = Job(pipeline).outputs
            tensors = tensors[output.name]
        rows = frame.select("id", tensors.alias("tensor")).sort("id").to_pydict()
        for one, other in zip(rows["tensor"], expected(pipeline, images), strict=True):
            assert ci.is_equal(np.asarray(one), other)
        processes = {int(file.name) for file in folder.iterdir()}
        assert processes and os.getpid() not in processes


def test_tensors_in_parquet_come_back(frame: Any, tmp_path: Path) -> None:
    import pyarrow.dataset

    folder = tmp_path / "tensors"
    made = pixelflume.daft.with_tensors(frame, fixed(), "bytes", device="cpu").collect()
    made.select("id", "tensor").write_parquet(str(folder))
    table = pyarrow.dataset.dataset(folder).to_table().sort_by("id")
    assert table.num_rows == made.count_rows()
    again = daft.read_parquet(str(folder)).sort("id").to_pydict()["tensor"]
    for one, other in zip(again, made.sort("id").to_pydict()["tensor"], strict=True):
        assert ci.is_equal(np.asarray(one), np.asarray(other))


def test_the_example_writes_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ci.examples_in(tmp_path)
    script = ci.EXAMPLES / "folder_to_parquet_daft.py"
    arguments = [str(script), str(files), str(tmp_path / "tensors"), "--device", "host"]
    monkeypatch.setattr("sys.argv", arguments)
    runpy.run_path(str(script), run_name="__main__")
    ci.assert_tensors_of_examples(tmp_path / "tensors", files)

"""Columns of Arrow through pipelines: layouts, memory, nulls, and rows that fail."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import column_images as ci
import numpy as np
import pixelflume as pf
import pytest

pa = pytest.importorskip("pyarrow")

from pixelflume._arrow import Job, OnError, run  # noqa: E402
from pixelflume._arrow.rows import rows_of  # noqa: E402

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.25)
TENSOR = pa.struct({"data": pa.large_list(pa.uint8()), "shape": pa.list_(pa.int64())})


def fixed(dtype: Literal["f32", "f16", "bf16"] = "f32") -> pf.Pipeline:
    """A pipeline whose results have one shape, whatever the images."""
    resized = pf.Pipeline().resize((20, 16), "bilinear")
    return resized.normalize(MEAN, STD, dtype=dtype, layout="chw")


def variable() -> pf.Pipeline:
    """A pipeline whose results have the sizes of the images."""
    return pf.Pipeline().gaussian_blur(5)


def expected(pipeline: pf.Pipeline, images: list[np.ndarray]) -> list[np.ndarray]:
    """What the plain call gives for each image by itself."""
    return [pipeline([image], device="cpu").numpy()[0] for image in images]


def struct_of(images: Sequence[np.ndarray | None]) -> Any:
    rows = [
        None if image is None else {"data": image.ravel(), "shape": list(image.shape)}
        for image in images
    ]
    return pa.array(rows, TENSOR)


def tensors(column: Any) -> list[np.ndarray | None]:
    return rows_of(column)


def assert_rows(column: Any, wanted: Sequence[np.ndarray | None]) -> None:
    got = tensors(column)
    assert len(got) == len(wanted)
    for row, (one, other) in enumerate(zip(got, wanted, strict=True)):
        if other is None:
            assert one is None, row
        else:
            assert one is not None and ci.is_equal(one, other), row


@pytest.mark.parametrize("kind", ["binary", "large_binary", "binary_view"])
def test_encoded_files_equal_the_plain_call(kind: str) -> None:
    images = ci.images()
    column = pa.array([ci.png(image) for image in images], getattr(pa, kind)())
    result = run(fixed(), column, device="cpu")
    (of_result,) = result.columns.values()
    assert of_result.type == pa.fixed_shape_tensor(pa.float32(), (3, 20, 16))
    assert_rows(of_result, expected(fixed(), images))
    assert result.reasons.null_count == len(images)
    assert result.rows is None


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view"])
def test_paths_equal_the_plain_call(tmp_path: Path, kind: str) -> None:
    images = ci.images(3)
    column = pa.array(ci.files_in(tmp_path, images), getattr(pa, kind)())
    (of_result,) = run(fixed(), column, device="cpu").columns.values()
    assert_rows(of_result, expected(fixed(), images))


def test_addresses_of_files(tmp_path: Path) -> None:
    images = ci.images(2)
    paths = [f"file://{path}" for path in ci.files_in(tmp_path, images)]
    column = pa.array([*paths, "s3://bucket/cat.jpg", str(tmp_path / "absent.png")])
    result = run(fixed(), column, device="cpu", on_error="null")
    (of_result,) = result.columns.values()
    assert_rows(of_result, [*expected(fixed(), images), None, None])
    assert "download" in result.reasons[2].as_py()
    assert "absent.png" in result.reasons[3].as_py()


def pixel_columns() -> dict[str, tuple[Any, list[np.ndarray], tuple[Any, ...] | None]]:
    """The layouts of pixels that data engines have, with the images in them."""
    mixed = ci.images(4)
    equal = [image[:24, :30].copy() for image in mixed]
    flat = [image.ravel() for image in mixed]
    heights = pa.array([image.shape[0] for image in mixed])
    widths = pa.array([image.shape[1] for image in mixed])
    daft = pa.struct(
        {
            "data": pa.large_list(pa.uint8()),
            "channel": pa.uint16(),
            "height": pa.uint32(),
            "width": pa.uint32(),
            "mode": pa.uint8(),
        }
    )
    of_daft = [
        {
            "data": image.ravel(),
            "channel": 3,
            "height": image.shape[0],
            "width": image.shape[1],
            "mode": 3,
        }
        for image in mixed
    ]
    hugging_face = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    of_hugging_face = [{"bytes": ci.png(image), "path": None} for image in mixed]
    size = equal[0].size
    return {
        "struct of data and shape": (struct_of(mixed), mixed, None),
        "daft images": (pa.array(of_daft, daft), mixed, None),
        "hugging face images": (pa.array(of_hugging_face, hugging_face), mixed, None),
        "fixed-shape tensors": (
            pa.FixedShapeTensorArray.from_numpy_ndarray(np.stack(equal)),
            equal,
            None,
        ),
        "fixed-size lists": (
            pa.array([image.ravel() for image in equal], pa.list_(pa.uint8(), size)),
            equal,
            (24, 30, 3),
        ),
        "lists with columns of sizes": (
            pa.array(flat, pa.list_(pa.uint8())),
            mixed,
            (heights, widths, 3),
        ),
    }


@pytest.mark.parametrize("name", list(pixel_columns()))
@pytest.mark.parametrize("how", ["whole", "slice", "chunks"])
def test_pixels_equal_the_plain_call(name: str, how: str) -> None:
    column, images, shape = pixel_columns()[name]
    wanted = expected(fixed(), images)
    if how == "slice":
        column, wanted = column.slice(1, 2), wanted[1:3]
        shape = shape and tuple(
            s if isinstance(s, int) else s.slice(1, 2) for s in shape
        )
    elif how == "chunks":
        column = pa.chunked_array([column.slice(0, 1), column.slice(1)])
    (of_result,) = run(fixed(), column, device="cpu", shape=shape).columns.values()
    assert_rows(of_result, wanted)


def test_results_of_several_sizes_are_structs() -> None:
    images = ci.images(5)
    job = Job(variable(), device="cpu", batch=2)
    (of_result,) = job.run(struct_of(images)).columns.values()
    assert of_result.type == TENSOR
    assert_rows(of_result, expected(variable(), images))
    # The type does not depend on the images of a batch.
    (alone,) = job.run(struct_of(images[:1])).columns.values()
    assert alone.type == TENSOR


@pytest.mark.parametrize(
    "pipeline",
    [fixed("f32"), fixed("f16"), pf.Pipeline().resize((20, 16), "bilinear")],
    ids=["f32", "f16", "u8"],
)
def test_sample_types(pipeline: pf.Pipeline) -> None:
    images = ci.images(3)
    (of_result,) = run(pipeline, struct_of(images), device="cpu").columns.values()
    assert_rows(of_result, expected(pipeline, images))


def test_signed_samples() -> None:
    pipeline = pf.Pipeline().sobel(output="dx")
    images = ci.images(3)
    (of_result,) = run(pipeline, struct_of(images), device="cpu").columns.values()
    for one, other in zip(tensors(of_result), expected(pipeline, images), strict=True):
        assert one is not None and one.dtype == np.int16
        # One channel is a dimension too.
        assert one.shape == (*other.shape[:2], 1)
        assert one.tobytes() == other.tobytes()


def test_bf16_is_refused_with_what_to_do() -> None:
    with pytest.raises(pf.PipelineError, match="f32 or f16"):
        Job(fixed("bf16"))


def test_several_inputs_are_refused() -> None:
    a, b = pf.input("a"), pf.input("b")
    with pytest.raises(pf.PipelineError, match="one input.*a, b"):
        Job(pf.Pipeline.of(d=a.abs_diff(b)))


def test_several_outputs() -> None:
    image = pf.input("image")
    pipeline = pf.Pipeline.of(
        small=image.resize((10, 12), "bilinear"), smooth=image.gaussian_blur(3)
    )
    images = ci.images(3)
    result = run(pipeline, struct_of(images), device="cpu")
    assert list(result.columns) == ["small", "smooth"]
    for name, column in result.columns.items():
        wanted = [pipeline([image], device="cpu")[name].numpy()[0] for image in images]
        assert_rows(column, wanted)


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_batches_do_not_change_results(batch: int) -> None:
    images = ci.images(8)
    job = Job(fixed(), device="cpu", batch=batch)
    (of_result,) = job.run(struct_of(images)).columns.values()
    assert_rows(of_result, expected(fixed(), images))


def test_random_operators_draw_by_the_number_of_the_image() -> None:
    images = ci.images(9)
    pipeline = pf.Pipeline().random_crop((16, 18), seed=3)
    numbers = [100 + 7 * row for row in range(len(images))]

    def drawn(order: list[int], batch: int, epoch: int) -> dict[int, bytes]:
        job = Job(pipeline, device="cpu", batch=batch, epoch=epoch)
        index = [numbers[row] for row in order]
        result = job.run([images[row] for row in order], index=index)
        (of_result,) = result.columns.values()
        got = zip(order, tensors(of_result), strict=True)
        return {row: tensor.tobytes() for row, tensor in got if tensor is not None}

    whole = drawn(list(range(9)), 64, 0)
    assert len(whole) == 9
    assert drawn([8, 2, 5, 0, 1, 7, 3, 6, 4], 2, 0) == whole
    assert drawn(list(range(9)), 64, 1) != whole


def corrupt() -> tuple[Any, list[np.ndarray], set[int]]:
    """Files of which some are corrupt, an image that is too small, and nulls."""
    images = ci.images(12)
    files: list[bytes | None] = [ci.png(image) for image in images]
    files[1] = b"no image"
    files[4] = files[4][:60] if files[4] else None
    files[7] = ci.png(np.zeros((3, 3, 3), np.uint8))
    files[8] = None
    files[11] = b""
    return pa.array(files, pa.binary()), images, {1, 4, 7, 8, 11}


def cropped(of_one_shape: bool) -> pf.Pipeline:
    """A pipeline that images below 20 pixels a side do not fit."""
    crop = pf.Pipeline().crop(x=2, y=1, width=16, height=18)
    return (
        crop
        if of_one_shape
        else pf.Pipeline().gaussian_blur(5).crop(x=2, y=1, width=16, height=18)
    )


@pytest.mark.parametrize("batch", [1, 4, 64])
def test_null_policy_gives_reasons(batch: int) -> None:
    column, images, failed = corrupt()
    pipeline = cropped(of_one_shape=True)
    result = Job(pipeline, device="cpu", on_error="null", batch=batch).run(column)
    wanted: list[np.ndarray | None] = [
        None if row in failed else expected(pipeline, [image])[0]
        for row, image in enumerate(images)
    ]
    (of_result,) = result.columns.values()
    assert_rows(of_result, wanted)
    reasons = result.reasons.to_pylist()
    assert {row for row, reason in enumerate(reasons) if reason} == failed
    assert "null" in reasons[8]


@pytest.mark.parametrize("batch", [1, 4, 64])
def test_skip_policy_leaves_rows_out(batch: int) -> None:
    column, images, failed = corrupt()
    pipeline = cropped(of_one_shape=False)
    result = Job(pipeline, device="cpu", on_error="skip", batch=batch).run(column)
    kept = [row for row in range(len(images)) if row not in failed]
    assert result.rows is not None and result.rows.to_pylist() == kept
    (of_result,) = result.columns.values()
    assert_rows(of_result, expected(pipeline, [images[row] for row in kept]))
    assert len(result.reasons) == len(images)


@pytest.mark.parametrize("batch", [1, 4, 64])
def test_error_policy_names_the_row(batch: int) -> None:
    column, _, _ = corrupt()
    job = Job(cropped(of_one_shape=True), device="cpu", batch=batch)
    # A null row is found before anything is decoded.
    with pytest.raises(pf.InputError, match="row 8.*null") as null:
        job.run(column)
    assert null.value.image == 8
    with pytest.raises(pf.DecodeError, match="row 1") as decode:
        job.run(column.slice(0, 8))
    assert decode.value.image == 1
    with pytest.raises((pf.InputError, pf.PipelineError), match="row 2") as small:
        job.run(column.slice(5, 3))
    assert small.value.image == 2


def test_all_rows_may_fail() -> None:
    column = pa.array([b"", b"no", None], pa.binary())
    policies: list[tuple[OnError, int]] = [("null", 3), ("skip", 0)]
    for policy, length in policies:
        for pipeline in (fixed(), variable()):
            job = Job(pipeline, device="cpu", on_error=policy)
            result = job.run(column)
            (of_result,) = result.columns.values()
            assert len(of_result) == of_result.null_count == length
            assert of_result.type == job.outputs[0].arrow_type()


def test_columns_without_rows() -> None:
    for pipeline in (fixed(), variable()):
        job = Job(pipeline, device="cpu")
        for column in (pa.array([], pa.binary()), pa.chunked_array([], pa.binary())):
            result = job.run(column)
            (of_result,) = result.columns.values()
            assert len(of_result) == 0
            assert of_result.type == job.outputs[0].arrow_type()


def test_pixels_are_read_in_place() -> None:
    column, images, _ = pixel_columns()["struct of data and shape"]
    samples = column.field("data").values.to_numpy(zero_copy_only=True)
    for row, image in zip(rows_of(column), images, strict=True):
        assert np.shares_memory(row, samples)
        assert not row.flags.writeable
        assert np.array_equal(row, image)


def test_encoded_files_are_read_in_place() -> None:
    files = [b"first", b"", b"third"]
    column = pa.array(files, pa.binary())
    data = np.frombuffer(column.buffers()[2], np.uint8)
    for view, file in zip(rows_of(column), files, strict=True):
        assert bytes(view) == file
        assert not file or np.shares_memory(np.frombuffer(view, np.uint8), data)


def test_one_batch_is_given_without_a_copy() -> None:
    images = ci.images(4)
    job = Job(fixed(), device="cpu")
    (of_result,) = job.run(struct_of(images)).columns.values()
    # The memory is that of the result, which the column keeps alive.
    wanted = expected(fixed(), images)
    del job
    assert_rows(of_result, wanted)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pa.array([1, 2]), "holds no images"),
        (pa.array([[1, 2]], pa.list_(pa.uint8())), "shape"),
        (pa.array([{"a": 1}]), "holds no images"),
    ],
)
def test_other_columns_are_refused(column: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        run(fixed(), column, device="cpu")


def test_shapes_that_do_not_fit_their_samples_follow_the_policy() -> None:
    rows = [
        {"data": np.zeros(27, np.uint8), "shape": [3, 3, 3]},
        {"data": np.zeros(27, np.uint8), "shape": [3, 3, 4]},
        {"data": np.zeros(27, np.uint8), "shape": [-3, -3, 3]},
        {"data": np.zeros(0, np.uint8), "shape": [0, 3, 3]},
        {"data": np.zeros(1, np.uint8), "shape": []},
        {"data": np.zeros(1, np.uint8), "shape": None},
    ]
    result = run(variable(), pa.array(rows, TENSOR), device="cpu", on_error="null")
    (of_result,) = result.columns.values()
    assert of_result.is_valid().to_pylist() == [True] + [False] * 5
    assert result.reasons.is_valid().to_pylist() == [False] + [True] * 5


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="on_error"):
        Job(fixed(), on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="batch"):
        Job(fixed(), batch=0)


def test_a_job_can_be_pickled() -> None:
    job = Job(fixed(), device="cpu", on_error="null", batch=7)
    again = pickle.loads(pickle.dumps(job))
    assert (again.outputs, again.on_error, again.batch) == (job.outputs, "null", 7)
    column = struct_of(ci.images(3))
    (one,), (other,) = (
        job.run(column).columns.values(),
        again.run(column).columns.values(),
    )
    assert_rows(one, tensors(other))

"""Arrays and lists of arrays as the images of a call, and why others are refused."""

import array
import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from numpy.typing import NDArray
from seen import one, seen

RANDOM = np.random.default_rng(7)


def noise(*shape: int, dtype: str = "uint8") -> NDArray[Any]:
    """Give an array of random samples, none of which is NaN."""
    return RANDOM.integers(0, 256, shape).astype(dtype)


def refused(images: Any, match: str, *, axes: str | None = None) -> pf.InputError:
    with pytest.raises(pf.InputError, match=match) as raised:
        seen(images, axes=axes)
    return raised.value


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_are_rows_columns_channels(dtype: str, channels: int) -> None:
    image = noise(5, 7, channels, dtype=dtype)
    got = one(image)
    assert got.dtype == image.dtype
    np.testing.assert_array_equal(got, image)


def test_two_dimensions_are_a_gray_image() -> None:
    image = noise(5, 7)
    np.testing.assert_array_equal(one(image), image[..., None])


def test_four_dimensions_are_a_batch() -> None:
    batch = noise(4, 5, 7, 3)
    np.testing.assert_array_equal(seen(batch), batch)


def test_a_list_has_images_of_any_sizes() -> None:
    images = [noise(5, 7, 3), noise(9, 2, 3), noise(5, 7, 3)]
    for passed in (images, tuple(images)):
        for got, image in zip(seen(passed), images, strict=True):
            np.testing.assert_array_equal(got, image)


def test_channels_come_first_by_name_or_where_nothing_else_fits() -> None:
    image = noise(3, 6, 7)
    expected = image.transpose(1, 2, 0)
    np.testing.assert_array_equal(one(image), expected)
    np.testing.assert_array_equal(one(image, axes="chw"), expected)
    with pytest.raises(pf.PipelineError, match="6x3x7"):
        seen(image, axes="hwc")
    batch = noise(2, 3, 6, 7)
    np.testing.assert_array_equal(seen(batch), batch.transpose(0, 2, 3, 1))
    # Both fit: the last axis counts.
    both = noise(3, 6, 4)
    np.testing.assert_array_equal(one(both), both)
    np.testing.assert_array_equal(one(both, axes="chw"), both.transpose(1, 2, 0))


def test_axes_are_named_in_letters_of_any_case() -> None:
    image = noise(3, 6, 7)
    for axes in ("chw", "CHW", "nchw"):
        np.testing.assert_array_equal(one(image, axes=axes), image.transpose(1, 2, 0))


VIEWS: list[Callable[[NDArray[Any]], NDArray[Any]]] = [
    lambda image: image[::-1],
    lambda image: image[:, ::-1],
    lambda image: image[..., ::-1],
    lambda image: image[::-2, 1::3],
    lambda image: image[2:, 3:],
    lambda image: image[..., 1:],
    lambda image: image.transpose(1, 0, 2),
    lambda image: np.asfortranarray(image),
    lambda image: np.broadcast_to(image[:1], image.shape),
    lambda image: np.broadcast_to(image[..., :1], image.shape),
]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_views_with_any_strides_are_taken(
    view: Callable[[NDArray[Any]], NDArray[Any]], dtype: str
) -> None:
    image = view(noise(9, 11, 4, dtype=dtype))
    np.testing.assert_array_equal(one(image), image)


def test_random_layouts_are_taken_as_numpy_reads_them() -> None:
    for _ in range(300):
        dtype = RANDOM.choice(["uint8", "int16", "float32"])
        shape = [int(extent) for extent in RANDOM.integers(1, 9, 4)]
        shape[3] = int(RANDOM.choice([1, 3, 4]))
        order = [int(axis) for axis in RANDOM.permutation(4)]
        whole = noise(*[2 * shape[axis] + 1 for axis in order], dtype=str(dtype))
        batch = whole.transpose(np.argsort(order))
        steps = [int(step) for step in RANDOM.choice([-2, -1, 1, 2], 4)]
        batch = batch[tuple(slice(None, None, step) for step in steps)]
        batch = batch[tuple(slice(0, extent) for extent in shape)]
        assert list(batch.shape) == shape
        np.testing.assert_array_equal(seen(batch, axes="hwc"), batch)
        first = batch.transpose(0, 3, 1, 2)
        np.testing.assert_array_equal(seen(first, axes="chw"), batch)
        np.testing.assert_array_equal(one(batch[0], axes="hwc"), batch[0])


def test_samples_at_odd_addresses_are_taken() -> None:
    raw = np.frombuffer(b"x" + noise(5, 7, 3, dtype="float32").tobytes(), np.uint8)
    image = raw[1:].view(np.float32).reshape(5, 7, 3)
    assert not image.flags.aligned
    np.testing.assert_array_equal(one(image), image)


def test_read_only_arrays_are_taken() -> None:
    image = noise(5, 7, 3)
    image.flags.writeable = False
    np.testing.assert_array_equal(one(image), image)


def test_other_buffers_are_arrays() -> None:
    image = noise(5, 7, 3)
    np.testing.assert_array_equal(one(memoryview(image)), image)
    cast = memoryview(bytearray(image.tobytes())).cast("B", (5, 7, 3))
    np.testing.assert_array_equal(one(cast), image)
    numbers = memoryview(array.array("f", [0.5] * 12)).cast("B").cast("f", (3, 4))
    np.testing.assert_array_equal(one(numbers), np.full((3, 4, 1), 0.5, np.float32))


def test_subclasses_of_arrays_and_lists_are_taken() -> None:
    class Array(np.ndarray):  # type: ignore[type-arg]
        pass

    class List(list[Any]):
        pass

    image = noise(5, 7, 3)
    np.testing.assert_array_equal(one(image.view(Array)), image)
    assert len(seen(List([image, image]))) == 2


def test_the_buffer_is_released_after_the_call() -> None:
    pixels = bytearray(noise(5, 7, 3).tobytes())
    image = memoryview(pixels).cast("B", (5, 7, 3))
    seen(image)
    with pytest.raises(pf.InputError):
        seen([image, None])
    image.release()
    pixels.append(0)


def test_no_reference_is_kept() -> None:
    image = noise(5, 7, 3)
    before = sys.getrefcount(image)
    for _ in range(10):
        seen(image)
        seen([image, image])
        refused([image, "nothing.png"], "no such file")
    # The exceptions keep the frames of this file, and these the images.
    gc.collect()
    assert sys.getrefcount(image) == before


ERRORS: list[tuple[Any, str]] = [
    (None, "None is no image"),
    ([], "pass at least one"),
    ((), "pass at least one"),
    (3.5, "type float is no image"),
    (7, "type int is no image"),
    (object(), "type object is no image"),
    ({"a": noise(2, 2)}, "list\\(images.values\\(\\)\\)"),
    ((image for image in [noise(2, 2)]), "pass `list\\(images\\)`"),
    (np.uint8(3), "buffer protocol of numpy.uint8 failed"),
    (np.zeros((), np.uint8), "0 dimensions .* 2 to 4"),
    (np.zeros((0, 4, 3), np.uint8), "0 entries on axis 0"),
    (np.zeros((4, 0, 3), np.uint8), "0 entries on axis 1"),
    (np.zeros((4, 4, 0), np.uint8), "0 entries on axis 2"),
    (np.zeros((0, 4, 4, 3), np.uint8), "0 entries on axis 0"),
    (np.zeros((1, 1, 4, 4, 3), np.uint8), "\\(1, 1, 4, 4, 3\\) is no image"),
    (np.zeros((9, 9, 9), np.uint8), "axes=\"hwc\""),
    (np.zeros((2, 9, 9, 9), np.uint8), "axes=\"hwc\""),
    (np.zeros((4, 4), bool), "bool.*\\* 255"),
    (np.zeros((4, 4), np.uint16), "uint16.*>> 8"),
    (np.zeros((4, 4), np.int8), "int8"),
    (np.zeros((4, 4), np.int32), "int32"),
    (np.zeros((4, 4), np.int64), "int64"),
    (np.zeros((4, 4), np.uint32), "uint32"),
    (np.zeros((4, 4), np.float64), "float64.*float32"),
    (np.zeros((4, 4), np.complex64), "Zf"),
    (np.zeros((4, 4), ">i2"), "byte order"),
    (np.zeros((4, 4), ">f4"), "byte order"),
    (np.zeros((4, 4), object), "list\\(array\\)"),
    (np.zeros((4, 4), "U3"), "samples of type"),
    (np.zeros((4, 4), "u1, u1"), "samples of type"),
    (np.zeros((4, 4), "M8[s]"), "__dlpack__ of numpy.ndarray failed"),
    (np.zeros(9, np.float32), "one dimension"),
]


@pytest.mark.parametrize(("images", "match"), ERRORS, ids=range(len(ERRORS)))
def test_what_is_no_image_is_refused(images: Any, match: str) -> None:
    error = refused(images, match)
    assert error.image is None


@pytest.mark.parametrize(
    ("entry", "match"),
    [
        (None, "image 1: None is no image"),
        ([], "image 1: a list within"),
        ([noise(2, 2, 3)], "image 1: a list within"),
        ((noise(2, 2, 3),), "image 1: a list within"),
        (noise(1, 2, 2, 3), "image 1: a batch of 1 images"),
        (np.zeros((4, 4), bool), "image 1: samples of type bool"),
        ("nothing.png", 'image 1: "nothing.png": no such file'),
        (b"nothing", "image 1: no image of a known format"),
    ],
)
def test_errors_name_the_image_of_a_list(entry: Any, match: str) -> None:
    error = refused([noise(2, 2, 3), entry], match)
    assert error.image == 1


def test_a_copy_of_repeated_memory_is_bounded() -> None:
    one_sample = np.zeros((1, 1, 1), np.uint8)
    huge = np.broadcast_to(one_sample, (1 << 20, 1 << 20, 3))
    refused(huge, "repeats its memory")
    more = np.broadcast_to(one_sample, (1 << 15, 1 << 15, 1 << 15, 3))
    refused(more, "repeats its memory")


def test_more_channels_than_four_are_taken_by_name() -> None:
    # By this pipeline they are not.
    for axes, size in (("hwc", "7x5x9"), ("chw", "9x7x5")):
        with pytest.raises(pf.PipelineError, match=size):
            seen(noise(5, 7, 9), axes=axes)


def test_exceptions_of_buffers_are_passed_on() -> None:
    if sys.version_info < (3, 12):
        pytest.skip("classes have __buffer__ since Python 3.12")

    class Interrupted:
        def __buffer__(self, flags: int) -> memoryview:
            raise KeyboardInterrupt

    class Broken:
        def __buffer__(self, flags: int) -> memoryview:
            raise RuntimeError("no memory today")

    with pytest.raises(KeyboardInterrupt):
        seen(Interrupted())
    error = refused(Broken(), "buffer protocol of .*Broken failed: .*no memory today")
    assert isinstance(error.__cause__, RuntimeError)


@pytest.mark.parametrize("layout", ["tight", "padded", "planar"])
def test_large_images_are_read_where_they_are_and_freed(layout: str) -> None:
    # From 1 MiB on the host reads an array where it is.
    wide = noise(700, 800, 3)
    image = {
        "tight": lambda: wide.copy(),
        "padded": lambda: wide[:, 100:],
        "planar": lambda: wide.transpose(2, 0, 1).copy(),
    }[layout]()
    expected = image.transpose(1, 2, 0) if layout == "planar" else image
    before = sys.getrefcount(image)
    for _ in range(5):
        np.testing.assert_array_equal(one(image), expected)
        np.testing.assert_array_equal(seen(image[None])[0], expected)
    gc.collect()
    assert sys.getrefcount(image) == before

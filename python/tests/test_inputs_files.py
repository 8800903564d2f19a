"""Paths, encoded images in memory, and images of Pillow as the images of a call."""

import io
import os
import pathlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pixelflume as pf
import pytest
from numpy.typing import NDArray
from PIL import Image
from seen import one, seen

RANDOM = np.random.default_rng(11)


def noise(*shape: int) -> NDArray[np.uint8]:
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def png(image: NDArray[np.uint8]) -> bytes:
    target = io.BytesIO()
    Image.fromarray(image).save(target, "PNG")
    return target.getvalue()


def test_encoded_bytes_are_decoded() -> None:
    image = noise(5, 7, 3)
    encoded = png(image)
    for passed in (
        encoded,
        bytearray(encoded),
        memoryview(encoded),
        memoryview(b"xx" + encoded)[2:],
        np.frombuffer(encoded, np.uint8),
        np.frombuffer(encoded, np.uint8)[::-1].copy()[::-1],
    ):
        np.testing.assert_array_equal(one(passed), image)


def test_paths_are_read(tmp_path: pathlib.Path) -> None:
    image = noise(5, 7, 3)
    path = tmp_path / "ein Bild \N{SNOWMAN}.png"
    path.write_bytes(png(image))

    class Named(os.PathLike[str]):
        def __fspath__(self) -> str:
            return str(path)

    for passed in (path, str(path), Named()):
        np.testing.assert_array_equal(one(passed), image)


def test_all_kinds_are_mixed_in_a_list(tmp_path: pathlib.Path) -> None:
    images = [noise(5, 7, 3), noise(6, 4, 3), noise(8, 8, 3), noise(3, 2, 3)]
    path = tmp_path / "image.png"
    path.write_bytes(png(images[0]))
    passed = [path, png(images[1]), Image.fromarray(images[2]), images[3]]
    for got, image in zip(seen(passed), images, strict=True):
        np.testing.assert_array_equal(got, image)


def test_many_files_keep_their_order(tmp_path: pathlib.Path) -> None:
    images = [noise(int(RANDOM.integers(1, 30)), 9, 3) for _ in range(40)]
    paths = [tmp_path / f"{index}.png" for index in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(png(image))
    for got, image in zip(seen(paths), images, strict=True):
        np.testing.assert_array_equal(got, image)


def test_the_first_broken_file_is_named(tmp_path: pathlib.Path) -> None:
    paths = [tmp_path / f"{index}.png" for index in range(30)]
    for index, path in enumerate(paths):
        path.write_bytes(b"broken" if index in (11, 12, 25) else png(noise(40, 40, 3)))
    with pytest.raises(pf.DecodeError, match="11.png.*known format") as raised:
        seen(paths)
    assert raised.value.image == 11


@pytest.mark.parametrize(
    ("passed", "kind", "match"),
    [
        (b"", pf.DecodeError, "empty"),
        (b"junk", pf.DecodeError, "known format"),
        (png(noise(9, 9, 3))[:50], pf.DecodeError, "PNG|unexpected|end"),
        ("nothing.png", pf.InputError, '"nothing.png": no such file'),
        ("", pf.InputError, "no such file"),
        ("http://example.org/cat.png", pf.InputError, "files of the network"),
        (pathlib.Path("/"), pf.DecodeError, "folder"),
        ("a\0b.png", pf.DecodeError, "NUL"),
    ],
)
def test_files_that_cannot_be_read(
    passed: Any, kind: type[pf.InputError], match: str
) -> None:
    with pytest.raises(kind, match=match) as raised:
        seen(passed)
    assert raised.value.image is None
    with pytest.raises(kind, match=f"^image 1: .*{match}") as raised:
        seen([noise(2, 2, 3), passed])
    assert raised.value.image == 1


def test_a_path_that_raises_is_refused() -> None:
    class Broken(os.PathLike[str]):
        def __fspath__(self) -> str:
            raise RuntimeError("no path today")

    with pytest.raises(pf.InputError, match="reading the path .*no path today"):
        seen(Broken())


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (4, 2), (5, 3), (7, 5), (64, 48)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_images_of_pillow_are_taken_as_they_are(
    mode: str, size: tuple[int, int]
) -> None:
    image = Image.fromarray(noise(size[1], size[0], 4), "RGBA").convert(mode)
    expected = np.asarray(image)
    np.testing.assert_array_equal(one(image), expected.reshape(size[1], size[0], -1))


@pytest.mark.parametrize(
    "mode",
    ["1", "P", "LA", "PA", "CMYK", "YCbCr", "HSV", "LAB", "RGBX"],
)
def test_other_modes_of_pillow_are_converted_to_rgb(mode: str) -> None:
    if mode == "LAB":
        image = Image.frombytes("LAB", (7, 5), noise(5, 7, 3).tobytes())
    elif mode in ("PA", "RGBX"):
        image = Image.fromarray(noise(5, 7, 3)).convert("P" if mode == "PA" else "RGB")
        image = image.convert(mode)
    else:
        image = Image.fromarray(noise(5, 7, 3)).convert(mode)
    assert image.mode == mode
    try:
        expected = np.asarray(image.convert("RGB"))
    except ValueError as error:
        with pytest.raises(
            pf.InputError, match="reading the image .* failed"
        ) as raised:
            seen(image)
        assert str(error) in str(raised.value)
        return
    np.testing.assert_array_equal(one(image), expected)


@pytest.mark.parametrize("mode", ["I", "F", "I;16", "I;16B"])
def test_modes_of_more_than_8_bits_are_refused(mode: str) -> None:
    # Pillow's `convert("RGB")` makes 255 of all samples above it.
    gray = noise(5, 7)
    if mode.startswith("I;16"):
        wide = gray.astype(np.uint16) * 256 + 7
        wide = wide.astype(">u2" if mode == "I;16B" else "<u2")
        image = Image.frombytes(mode, (7, 5), wide.tobytes())
        advised = (np.asarray(image) >> 8).astype("uint8")
    else:
        wide = gray.astype(np.int32 if mode == "I" else np.float32) * 200
        image = Image.fromarray(wide)
        advised = np.asarray(image.point(lambda v: v * 255 / 51000).convert("L"))
    assert image.mode == mode
    with pytest.raises(pf.InputError, match=f'image 1: .*mode "{mode}"') as raised:
        seen([noise(2, 2, 3), image])
    advice = "asarray(image) >> 8" if mode.startswith("I;16") else "image.point"
    assert advice in str(raised.value)
    np.testing.assert_allclose(one(advised)[..., 0].astype(int), gray, atol=1)


def test_rgb_images_of_pillow_of_all_widths_are_copied_exactly() -> None:
    # Vectors of 16 pixels, and what is left of a row.
    for width in [*range(1, 70), 255, 256, 257]:
        image = Image.fromarray(noise(3, width, 3))
        np.testing.assert_array_equal(one(image), np.asarray(image))


def test_the_memory_of_copies_is_used_again_for_other_sizes_and_threads() -> None:
    def check(seed: int) -> None:
        drawn = np.random.default_rng(seed)
        for _ in range(12):
            shapes = drawn.integers(100, 400, (6, 2))
            arrays = [drawn.integers(0, 256, (h, w, 3), np.uint8) for h, w in shapes]
            images = [Image.fromarray(array) for array in arrays]
            for got, array in zip(seen(images), arrays, strict=True):
                np.testing.assert_array_equal(got, array)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(check, range(4)))


def test_a_palette_with_transparency_is_converted_as_pillow_does() -> None:
    image = Image.fromarray(noise(5, 7, 3)).quantize(8)
    image.info["transparency"] = 3
    np.testing.assert_array_equal(one(image), np.asarray(image.convert("RGB")))


def test_large_images_of_pillow_lie_in_several_blocks() -> None:
    # Above 16 MiB Pillow gives no Arrow array.
    image = Image.fromarray(noise(2100, 2500, 3))
    np.testing.assert_array_equal(one(image), np.asarray(image))


def test_image_files_that_pillow_opened_are_taken(tmp_path: pathlib.Path) -> None:
    pixels = noise(5, 7, 3)
    path = tmp_path / "image.png"
    path.write_bytes(png(pixels))
    with Image.open(path) as image:
        np.testing.assert_array_equal(one(image), pixels)
    path.write_bytes(png(pixels)[:60])
    with Image.open(path) as image, pytest.raises(pf.InputError) as raised:
        seen([pixels, image])
    assert raised.value.image == 1
    assert raised.value.__cause__ is not None


def test_images_of_pillow_without_pixels_are_refused() -> None:
    for size in ((0, 5), (5, 0)):
        with pytest.raises(pf.InputError, match="0 entries"):
            seen(Image.new("RGB", size))


def test_a_view_of_pillow_keeps_the_image() -> None:
    images = [Image.fromarray(noise(50, 70, 3)) for _ in range(8)]
    expected = [np.array(image) for image in images]
    for _ in range(20):
        for got, image in zip(seen(images), expected, strict=True):
            np.testing.assert_array_equal(got, image)

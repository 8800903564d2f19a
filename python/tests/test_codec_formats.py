"""JPEG, GIF, TIFF and WebP files beside those of Pillow."""

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pixelflume as pf
import pytest
from PIL import Image
from test_codec import array, pixels, saved, smooth


def saved_as(image: Image.Image, **options: Any) -> bytes:
    """A TIFF file of an image."""
    file = io.BytesIO()
    image.save(file, "TIFF", **options)
    return file.getvalue()


@pytest.mark.parametrize("interlace", [0, 1])
def test_the_first_frame_of_a_gif_is_that_of_pillow(interlace: int) -> None:
    frames = [Image.fromarray(pixels(9, 12, 3)).quantize(count) for count in (32, 7)]
    # Pillow leaves colors out that no pixel has: with all of them the file is one of a gray image.
    gray = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for image, mode, options in [
        (frames[0], "RGB", {"save_all": True, "append_images": frames[1:]}),
        (frames[0], "RGBA", {"transparency": 3}),
        (gray, "L", {}),
    ]:
        file = io.BytesIO()
        image.save(file, "GIF", interlace=interlace, **options)
        expected = np.asarray(Image.open(file).convert(mode))
        got = array(pf.decode(file.getvalue()))
        assert got.shape == (image.height, image.width, len(mode))
        expected = expected.reshape(got.shape)
        assert (got == expected).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 50), (120, 81)])
def test_webp_files_are_decoded_to_the_pixels_of_pillow(
    mode: str, lossless: bool, size: tuple[int, int]
) -> None:
    width, height = size
    drawn = [pixels(height, width, 4), smooth(height, width)]
    for image in (Image.fromarray(samples).convert(mode) for samples in drawn):
        for quality in (0, 40, 95):
            file = io.BytesIO()
            image.save(file, "WEBP", lossless=lossless, quality=quality)
            expected = np.asarray(Image.open(file))
            got = array(pf.decode(file.getvalue()))
            assert got.shape == expected.shape
            assert (got == expected).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"]
)
def test_tiff_files_are_decoded_to_the_pixels_of_pillow(
    mode: str, compression: str | None
) -> None:
    image = Image.fromarray(pixels(9, 12, 4)).convert(mode)
    for orientation in range(1, 9):
        file = io.BytesIO()
        image.save(file, "TIFF", compression=compression, tiffinfo={274: orientation})
        # Pillow turns TIFF files when it loads them.
        opened = Image.open(file)
        opened.load()
        expected = opened.convert({"1": "L", "LA": "RGBA"}.get(mode, mode))
        got = array(pf.decode(file.getvalue()))
        assert got.shape[:2] == (expected.height, expected.width)
        assert (got == np.asarray(expected).reshape(got.shape)).all()
        stored = array(pf.decode(file.getvalue(), exif="ignore"))
        assert stored.shape == (9, 12, got.shape[2])


def test_tiff_files_of_other_kinds_are_refused_with_the_reason() -> None:
    image = Image.fromarray(pixels(9, 12, 3))
    for file, reason in [
        (saved_as(image, compression="jpeg"), "JPEG"),
        (saved_as(image.quantize(16)), "RGBPalette"),
        (saved_as(image.convert("CMYK")), "CMYK"),
        (saved_as(image.convert("F")), "Gray"),
    ]:
        with pytest.raises(pf.DecodeError, match=reason):
            pf.decode(file)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_has_the_pixels_of_libjpeg_turbo(
    subsampling: str, progressive: bool
) -> None:
    file = saved(
        smooth(48, 64),
        format="JPEG",
        quality=90,
        subsampling=subsampling,
        progressive=progressive,
    )
    with Image.open(io.BytesIO(file)) as image:
        expected = np.asarray(image)
    np.testing.assert_array_equal(array(pf.decode(file)), expected)


@pytest.mark.parametrize("format", ["jpeg", "jpg", "JPG"])
def test_jpeg_is_written_with_a_quality(format: str) -> None:
    image = smooth(40, 56)
    low, default, high = (
        pf.encode(image, format, quality=quality) for quality in (10, None, 100)
    )
    assert len(low) < len(default) < len(high)
    with Image.open(io.BytesIO(high)) as read:
        assert read.format == "JPEG"
        far = np.abs(np.asarray(read).astype(int) - image)
    assert far.max() <= 4


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("quality", [1, 50, 95, 100])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_has_the_bytes_of_pillow(
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"],
    optimize: bool,
    quality: int,
    channels: int,
) -> None:
    image = pixels(37, 51, channels)
    got = pf.encode(
        image, "jpg", quality=quality, subsampling=subsampling, optimize=optimize
    )
    options = {"quality": quality, "optimize": optimize}
    if channels == 3:
        options["subsampling"] = subsampling
    assert got == saved(image, format="JPEG", **options)


def test_jpeg_defaults_are_quality_95_and_420(tmp_path: Path) -> None:
    image = smooth(40, 56)
    default = pf.encode(image, "jpg")
    assert default == pf.encode(image, "jpg", quality=95, subsampling="4:2:0")
    pf.imwrite(
        tmp_path / "a.jpg", image, quality=80, subsampling="4:1:1", optimize=True
    )
    expected = pf.encode(image, "jpg", quality=80, subsampling="4:1:1", optimize=True)
    assert (tmp_path / "a.jpg").read_bytes() == expected

"""Image files that a GPU decodes, beside the results of the host.

Each test is skipped, by name, where there is no GPU. `cargo xtask gpu-validate` runs
them with the wheel.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pixelflume as pf
import pytest

Image = pytest.importorskip("PIL.Image")

DEVICE = "cuda"
HAS_GPU = any(device["name"].startswith(DEVICE) for device in pf.devices())
pytestmark = pytest.mark.skipif(not HAS_GPU, reason="needs a GPU")


def photo(number: int, mode: str = "RGB") -> Any:
    """A smooth image with some noise, of a size of its own."""
    drawn = np.random.default_rng(number)
    width, height = (int(extent) for extent in drawn.integers(20, 120, 2))
    rows, columns = np.mgrid[:height, :width]
    planes = [rows * 2 + number * 9, columns * 2, rows + columns]
    noise = drawn.integers(0, 30, (height, width, 3))
    samples = (np.stack(planes, axis=-1) + noise).clip(0, 255).astype(np.uint8)
    return Image.fromarray(samples).convert(mode)


def saved(image: Any, kind: str = "JPEG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def turned(number: int) -> bytes:
    """A JPEG file whose EXIF data asks for a quarter of a turn."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(photo(number), exif=exif)


def jpegs() -> list[bytes]:
    """JPEG files of every kind that is decoded in its own way."""
    files = [saved(photo(number), subsampling=number % 3) for number in range(12)]
    files.append(saved(photo(12), progressive=True))
    files.append(saved(photo(13, "L")))
    files.append(saved(photo(14, "CMYK")))
    files.append(saved(photo(15), restart_marker_rows=1, quality=40))
    files.append(turned(16))
    return files


def damaged() -> bytes:
    """A JPEG file that is cut in the middle of its samples."""
    file = saved(photo(17), quality=95)
    return file[: len(file) * 2 // 3]


def clip() -> pf.Pipeline:
    """A pipeline whose results have one shape for all sizes of images."""
    return pf.Pipeline().resize(32, "bicubic", like="torchvision").center_crop(24)


def colored() -> list[bytes]:
    """The files of three channels: an output has the channels of its image."""
    return [file for number, file in enumerate(jpegs()) if number != 13]


def assert_equal(got: pf.Batch, expected: pf.Batch) -> None:
    """All images of two batches have the same samples."""
    pairs = zip(got.images(), expected.images(), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_files_have_the_results_of_the_host() -> None:
    got = clip()(colored(), device=DEVICE)
    assert got.device.startswith(DEVICE)
    np.testing.assert_array_equal(got.numpy(), clip()(colored(), device="host").numpy())


def test_paths_and_buffers_have_the_results_of_bytes(tmp_path: Path) -> None:
    files = colored()
    paths = [tmp_path / f"{number}.jpg" for number in range(len(files))]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file)
    expected = clip()(files, device="host").numpy()
    for given in (paths, [str(path) for path in paths], list(map(bytearray, files))):
        np.testing.assert_array_equal(clip()(given, device=DEVICE).numpy(), expected)


def test_outputs_of_several_shapes_are_a_list() -> None:
    pipeline = pf.Pipeline().flip("horizontal")
    got = pipeline(jpegs(), device=DEVICE)
    assert len({image.shape for image in got.images()}) > 10
    assert_equal(got, pipeline(jpegs(), device="host"))


def test_one_file_is_one_image() -> None:
    pipeline = pf.Pipeline().flip("horizontal")
    for file in jpegs():
        got = pipeline(file, device=DEVICE)
        expected = pipeline(file, device="host")
        assert got.shape == expected.shape
        np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_a_processor_takes_files() -> None:
    processor = pf.processor("clip")
    np.testing.assert_array_equal(
        processor(colored(), device=DEVICE).numpy(),
        processor(colored(), device="host").numpy(),
    )


def test_files_of_other_formats_and_arrays_go_between(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(saved(photo(20), "PNG"))
    given = [*colored(), path, saved(photo(21), "BMP")]
    for images in (given, [*given, np.asarray(photo(22))]):
        np.testing.assert_array_equal(
            clip()(images, device=DEVICE).numpy(), clip()(images, device="host").numpy()
        )


def test_the_first_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(damaged())
    files = colored()
    for wrong, name in ((path, "cut.jpg"), (damaged(), "")):
        given = [*files[:3], wrong, *files[3:5], damaged()]
        with pytest.raises(pf.DecodeError) as on_host:
            clip()(given, device="host")
        with pytest.raises(pf.DecodeError, match=f"^image 3: .*{name}") as raised:
            clip()(given, device=DEVICE)
        assert raised.value.image == 3
        assert str(raised.value) == str(on_host.value)
        with pytest.raises(pf.DecodeError) as raised:
            clip()(wrong, device=DEVICE)
        assert raised.value.image is None
    with pytest.raises(pf.InputError, match="image 1: .*no such file"):
        clip()([files[0], tmp_path / "none.jpg"], device=DEVICE)


def test_a_stream_has_the_results_of_the_host() -> None:
    # Some batches are of JPEG files alone, others have a file of the CPU among them.
    source = colored() * 4
    source[20] = saved(photo(23), "PNG")
    streams = [clip().stream(source, batch=8, device=name) for name in (DEVICE, "host")]
    for got, expected in zip(*streams, strict=True):
        assert got.positions == expected.positions
        np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_a_stream_leaves_damaged_files_out() -> None:
    source: list[bytes] = colored() * 3
    for position in (1, 2, 11, 40):
        source[position] = damaged()
    source[5] = b"junk"
    seen: list[list[int]] = []
    texts: list[list[str]] = []
    for device in (DEVICE, "host"):
        stream = clip().stream(source, batch=6, device=device, on_error="skip")
        left_out, positions = [], []
        for batch in stream:
            positions += batch.positions
            left_out += batch.errors
            called = clip()([source[place] for place in batch.positions], device="host")
            np.testing.assert_array_equal(batch.numpy(), called.numpy())
        left_out += stream.errors
        assert [place for place, _ in left_out] == [1, 2, 5, 11, 40]
        for place, error in left_out:
            assert isinstance(error, pf.DecodeError)
            assert error.image == place
        seen.append(positions)
        texts.append([str(error) for _, error in left_out])
    assert seen[0] == seen[1]
    assert texts[0] == texts[1]


def test_a_stream_raises_a_damaged_file_in_its_place() -> None:
    source = [*colored()[:5], damaged(), *colored()]
    stream = iter(clip().stream(source, batch=5, device=DEVICE))
    assert next(stream).positions == [0, 1, 2, 3, 4]
    with pytest.raises(pf.DecodeError, match="^image 5: ") as raised:
        next(stream)
    assert raised.value.image == 5

"""`decode`, `imread`, `encode` and `imwrite`."""

import io
import os
import struct
import sys
import threading
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pixelflume as pf
import pytest
from PIL import Image, ImageOps

LOSSLESS = ["png", "bmp", "pnm"]


def pixels(height: int, width: int, channels: int) -> np.ndarray:
    """Noise, the same in every run."""
    shape = (height, width, channels)
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def smooth(height: int, width: int) -> np.ndarray:
    """A color image that JPEG keeps well."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 4 % 256, y * 5 % 256, (x + y) * 2 % 256]
    return np.stack(planes, axis=-1).astype(np.uint8)


def saved(image: np.ndarray, **options: Any) -> bytes:
    """The file that Pillow makes of an array."""
    file = io.BytesIO()
    Image.fromarray(image.squeeze()).save(file, **options)
    return file.getvalue()


def array(tensor: pf.Tensor) -> np.ndarray:
    assert tensor.dtype == "uint8"
    return tensor.numpy()


@pytest.mark.parametrize("format", LOSSLESS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lossless_formats_keep_every_sample(
    format: str, channels: Literal[1, 3, 4]
) -> None:
    image = pixels(13, 19, channels)
    file = pf.encode(image, format)
    got = array(pf.decode(file, channels=channels))
    assert (got == image).all()
    if format != "pnm" or channels < 4:  # Pillow reads no PAM
        with Image.open(io.BytesIO(file)) as read:
            mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
            assert (np.asarray(read.convert(mode)) == image.squeeze()).all()


def test_files_of_pillow_are_decoded_to_its_pixels() -> None:
    color, alpha = pixels(9, 12, 3), pixels(9, 12, 4)
    for file in [
        saved(color, format="PNG"),
        saved(color, format="BMP"),
        saved(color, format="PPM"),
    ]:
        assert (array(pf.decode(file)) == color).all()
    assert (array(pf.decode(saved(alpha, format="PNG"))) == alpha).all()
    # A palette, and bits.
    palette = Image.fromarray(color).quantize(16)
    file = io.BytesIO()
    palette.save(file, "PNG")
    expected = np.asarray(palette.convert("RGB"))
    assert (array(pf.decode(file.getvalue())) == expected).all()
    bits = Image.fromarray(color).convert("1")
    file = io.BytesIO()
    bits.save(file, "PNG")
    expected = np.asarray(bits.convert("L"))[..., None]
    assert (array(pf.decode(file.getvalue())) == expected).all()


def test_sixteen_bits_are_rounded() -> None:
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "PNG")
    got = array(pf.decode(file.getvalue())).reshape(-1)
    assert (got == np.round(np.arange(65536) / 257)).all()


def test_cmyk_becomes_rgb() -> None:
    file = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(file, "JPEG")
    got = array(pf.decode(file.getvalue()))
    assert got.shape == (8, 8, 3) and got.min() >= 250


def exif(image: np.ndarray, orientation: int) -> bytes:
    data = Image.Exif()
    data[0x0112] = orientation
    return saved(image, format="JPEG", quality=100, exif=data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_their_exif_data_says(
    orientation: int, tmp_path: Path
) -> None:
    file = exif(smooth(16, 32), orientation)
    with Image.open(io.BytesIO(file)) as image:
        shape = np.asarray(ImageOps.exif_transpose(image)).shape
        stored = np.asarray(image).shape
    turned = array(pf.decode(file))
    plain = array(pf.decode(file, exif="ignore"))
    assert turned.shape == shape and plain.shape == stored
    # The same pixels, moved as Pillow moves them.
    data = Image.Exif()
    data[0x0112] = orientation
    moved = Image.fromarray(plain)
    moved.getexif()[0x0112] = orientation
    assert (turned == np.asarray(ImageOps.exif_transpose(moved))).all()
    path = tmp_path / "turned.jpg"
    path.write_bytes(file)
    assert (array(pf.imread(path)) == turned).all()
    assert (array(pf.imread(str(path), exif="ignore")) == plain).all()


def test_channels_are_converted() -> None:
    color = np.array([[[10, 250, 1, 9], [255, 255, 255, 0]]], np.uint8)
    file = pf.encode(color)
    assert (array(pf.decode(file)) == color).all()
    assert (array(pf.decode(file, channels=3)) == color[..., :3]).all()
    # OpenCV's weights: (9798 R + 19235 G + 3735 B + 16384) >> 15.
    assert array(pf.decode(file, channels=1)).tolist() == [[[150], [255]]]
    gray = pf.encode(np.array([[3, 200]], np.uint8))
    expected = [[[3, 3, 3, 255], [200, 200, 200, 255]]]
    assert array(pf.decode(gray, channels=4)).tolist() == expected


def test_any_buffer_of_bytes_is_decoded() -> None:
    image = pixels(3, 4, 3)
    file = pf.encode(image)
    for data in [
        file,
        bytearray(file),
        memoryview(file),
        np.frombuffer(file, np.uint8),
        memoryview(bytes(b for b in file for _ in range(2)))[::2],
    ]:
        assert (array(pf.decode(data)) == image).all()


@pytest.mark.parametrize(
    "data", ["cat.jpg", None, 7, pixels(2, 2, 3), np.zeros(9, np.float32)]
)
def test_what_is_no_content_of_a_file_is_a_type_error(data: object) -> None:
    with pytest.raises(TypeError, match=r"decode takes bytes.*imread takes a path"):
        pf.decode(data)  # pyright: ignore[reportArgumentType]


def test_images_are_what_pipelines_take() -> None:
    image = pixels(6, 5, 3)
    expected = pf.encode(image)
    assert pf.encode(Image.fromarray(image)) == expected
    assert pf.encode(pf.decode(expected)) == expected
    # Strides, and channels first.
    wide = np.zeros((6, 10, 3), np.uint8)
    wide[:, ::2] = image
    assert pf.encode(wide[:, ::2]) == expected
    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    assert pf.encode(planes, axes="chw") == expected
    read_only = image.copy()
    read_only.flags.writeable = False
    assert pf.encode(read_only) == expected
    # An array that the host device would read where it is.
    large = np.tile(image, (100, 150, 1))
    assert (array(pf.decode(pf.encode(large))) == large).all()
    gray = image[..., 0]
    assert pf.encode(gray) == pf.encode(np.ascontiguousarray(gray)[..., None])


def test_images_that_cannot_be_encoded_are_refused_with_advice() -> None:
    def refused(image: object, *arguments: object, **named: object) -> str:
        with pytest.raises(pf.InputError) as error:
            pf.encode(image, *arguments, **named)  # pyright: ignore[reportArgumentType]
        assert isinstance(error.value, ValueError)
        return str(error.value)

    assert "take PNG" in refused(pixels(2, 2, 4), "jpg")
    assert "to_u8" in refused(np.zeros((2, 2, 3), np.float32))
    assert "65500" in refused(np.zeros((1, 65536), np.uint8), "jpg")
    assert "one image is encoded at a time" in refused(np.zeros((2, 4, 4, 3), np.uint8))
    assert "one image is encoded at a time" in refused([pixels(2, 2, 3)])
    refused(None)
    refused(object())


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"format": "webp"}, "WebP is read and not written"),
        ({"format": "avif"}, "no format .avif."),
        ({"format": "x" * 1000}, "no format .x{40}."),
        ({"format": "gif"}, "GIF is read and not written"),
        ({"format": "png", "quality": 90}, "keeps every sample"),
        ({"format": "jpg", "quality": 0}, "from 1 to 100"),
        ({"format": "jpg", "quality": 101}, "from 1 to 100"),
        ({"format": "jpg", "quality": -1}, "from 1 to 100"),
        ({"format": "jpg", "quality": 1000}, "from 1 to 100"),
        (
            {"format": "jpg", "subsampling": "4:2:1"},
            "no subsampling .4:2:1.; there are",
        ),
        ({"format": "png", "subsampling": "4:2:0"}, "has no subsampling"),
        ({"format": "bmp", "optimize": True}, "has no optimize"),
        ({"axes": "hcw"}, "axes is"),
    ],
)
def test_wrong_arguments_of_encode(named: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pf.encode(pixels(2, 2, 3), **named)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"exif": "auto"}, "exif is"),
        ({"channels": 2}, "channels is"),
        ({"channels": 0}, "channels is"),
        ({"channels": -3}, "channels is"),
        ({"crop": (0, 0, 4)}, "length 4"),
    ],
)
def test_wrong_arguments_of_decode(named: dict[str, object], message: str) -> None:
    file = pf.encode(pixels(2, 2, 3))
    with pytest.raises(ValueError, match=message):
        pf.decode(file, **named)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=message):
        pf.imread("any", **named)  # pyright: ignore[reportArgumentType]


def test_what_is_there_of_a_cut_file_is_decoded_where_that_is_asked_for(
    tmp_path: Path,
) -> None:
    file = pf.encode(smooth(64, 96), "jpg")
    cut = file[: len(file) - 300]
    with pytest.raises(pf.DecodeError):
        pf.decode(cut)
    there, whole = array(pf.decode(cut, allow_truncated=True)), array(pf.decode(file))
    assert there.shape == whole.shape
    assert (there[:8] == whole[:8]).all()
    assert (there != whole).any()
    path = tmp_path / "cut.jpg"
    path.write_bytes(cut)
    assert (array(pf.imread(path, allow_truncated=True)) == there).all()


@pytest.mark.parametrize("format", ["png", "jpg"])
def test_a_crop_is_a_part_of_the_turned_image(format: str, tmp_path: Path) -> None:
    file = exif(smooth(40, 70), 6) if format == "jpg" else pf.encode(smooth(70, 40))
    whole = array(pf.decode(file))
    part = array(pf.decode(file, crop=(5, 20, 30, 17)))
    assert (part == whole[20:37, 5:35]).all()
    path = tmp_path / f"whole.{format}"
    path.write_bytes(file)
    assert (array(pf.imread(path, crop=[5, 20, 30, 17])) == part).all()
    height, width = whole.shape[:2]
    with pytest.raises(pf.DecodeError, match=f"which has {width}x{height}"):
        pf.decode(file, crop=(width - 3, 0, 4, 4))


@pytest.mark.parametrize("format", ["png", "jpg", "pnm"])
def test_every_cut_of_a_file_is_an_error(format: str) -> None:
    file = pf.encode(smooth(16, 24), format)
    # The last chunk of PNG has no pixels, nor has the last marker of JPEG, which `cv2.imread` does not ask for either.
    end = len(file) - {"png": 16, "jpg": 2, "pnm": 0}[format]
    for length in range(0, end, 7):
        with pytest.raises(pf.DecodeError):
            pf.decode(file[:length])


def test_what_is_no_image_is_described(tmp_path: Path) -> None:
    with pytest.raises(pf.DecodeError, match="the file is empty"):
        pf.decode(b"")
    with pytest.raises(pf.DecodeError, match='it begins with "<html>'):
        pf.decode(b"<html>")
    with pytest.raises(pf.DecodeError, match="format ico; PNG, JPEG"):
        pf.decode(b"\0\0\x01\0")
    path = tmp_path / "page.png"
    path.write_text("<html>")
    with pytest.raises(pf.DecodeError, match="page.png: no image"):
        pf.imread(path)


def png_bomb(width: int, height: int) -> bytes:
    """A small file that says that it has this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    begin = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return begin + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_decompression_bombs_are_refused_before_memory_is_taken() -> None:
    for file in [png_bomb(60_000, 60_000), b"P5 60000 60000 255\n1"]:
        message = "60000x60000 is more than 178956970 pixels; raise max_pixels"
        with pytest.raises(pf.DecodeError, match=message):
            pf.decode(file)
        # The memory is bounded, too.
        with pytest.raises(pf.DecodeError, match=r"bytes|ends before"):
            pf.decode(file, max_pixels=2**62)
    image = pixels(3, 4, 1)
    file = pf.encode(image)
    assert pf.decode(file, max_pixels=12).shape == (3, 4, 1)
    with pytest.raises(pf.DecodeError, match="4x3 is more than 11 pixels"):
        pf.decode(file, max_pixels=11)


def test_mutated_files_are_errors_or_images() -> None:
    random = np.random.default_rng(11)
    files = [pf.encode(smooth(12, 17), format) for format in ["jpg", *LOSSLESS]]
    for round in range(400):
        file = bytearray(files[round % len(files)])
        for _ in range(random.integers(1, 5)):
            file[random.integers(len(file))] = random.integers(256)
        try:
            image = pf.decode(bytes(file), max_pixels=100_000)
        except pf.DecodeError as error:
            assert str(error)
        else:
            assert image.numpy().size <= 400_000


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing.png"):
        pf.imread(tmp_path / "missing.png")
    with pytest.raises(pf.DecodeError, match="it is a folder"):
        pf.imread(tmp_path)
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(pf.DecodeError, match="it is a named pipe"):
        pf.imread(pipe)
    with pytest.raises(TypeError):
        pf.imread(7)  # pyright: ignore[reportArgumentType]


def test_files_are_written_by_their_extension(tmp_path: Path) -> None:
    image = pixels(5, 4, 3)
    for name, magic in [
        ("a.png", b"\x89PNG"),
        ("a.JPG", b"\xff\xd8"),
        ("a.bmp", b"BM"),
        ("a.ppm", b"P6"),
    ]:
        pf.imwrite(tmp_path / name, image)
        assert (tmp_path / name).read_bytes().startswith(magic)
    path = tmp_path / "no extension"
    with pytest.raises(ValueError, match="no extension of an image format"):
        pf.imwrite(path, image)
    pf.imwrite(str(path), image, format="png")
    assert (array(pf.imread(path)) == image).all()


def test_files_are_replaced_only_where_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = pixels(5, 4, 3), pixels(3, 3, 1)
    pf.imwrite("a.png", first)
    with pytest.raises(FileExistsError, match="a.png exists already.*overwrite=True"):
        pf.imwrite("a.png", second)
    assert (array(pf.imread("a.png")) == first).all()
    pf.imwrite("a.png", second, overwrite=True)
    assert (array(pf.imread("a.png")) == second).all()
    # A failed call leaves the old file and no other.
    with pytest.raises(pf.InputError):
        pf.imwrite("a.png", np.zeros((2, 2), np.float32), overwrite=True)
    assert (array(pf.imread("a.png")) == second).all()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match="is no regular file"):
        pf.imwrite("folder.png", first, overwrite=True)
    with pytest.raises(FileNotFoundError, match="missing"):
        pf.imwrite("missing/a.png", first)
    assert sorted(os.listdir()) == ["a.png", "folder.png"]


def test_written_files_have_the_permissions_of_new_files(tmp_path: Path) -> None:
    pf.imwrite(tmp_path / "a.png", pixels(2, 2, 1))
    (tmp_path / "other").touch()
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_several_threads_decode_and_encode() -> None:
    image = pixels(40, 50, 3)
    file = pf.encode(image)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                assert (array(pf.decode(file)) == image).all()
                assert pf.encode(image) == file
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_other_threads_run_while_an_image_is_decoded() -> None:
    file = pf.encode(np.zeros((2000, 2000, 3), np.uint8))
    gate = threading.Lock()
    ran = threading.Event()

    def work() -> None:
        with gate:
            ran.set()

    interval = sys.getswitchinterval()
    gate.acquire()
    thread = threading.Thread(target=work)
    thread.start()
    try:
        # From here on a thread runs until it gives the interpreter away by itself.
        sys.setswitchinterval(1000)
        gate.release()
        for _ in range(100):
            pf.decode(file)
            if ran.is_set():
                break
        else:
            pytest.fail("no other thread ran during 100 calls")
    finally:
        sys.setswitchinterval(interval)
        thread.join()

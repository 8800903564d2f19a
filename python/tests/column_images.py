"""Small images of mixed sizes for the tests of columns, as arrays and as files."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pixelflume as pf
import pytest

Image: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "python" / "examples"


def images(count: int = 6, seed: int = 1) -> list[Image]:
    """RGB images of `count` sizes, each at least 24 pixels a side."""
    rng = np.random.default_rng(seed)
    shapes = [(24 + 5 * i, 40 - 2 * i, 3) for i in range(count)]
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]


def png(image: Image) -> bytes:
    """The bytes of a PNG file with these pixels."""
    pil = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    pil.fromarray(image).save(file, "PNG")
    return file.getvalue()


def files_in(folder: Path, of: list[Image]) -> list[str]:
    """Writes PNG files, and gives their paths."""
    paths = [folder / f"{index:02}.png" for index in range(len(of))]
    for path, image in zip(paths, of, strict=True):
        path.write_bytes(png(image))
    return [str(path) for path in paths]


def is_equal(one: Image, other: Image) -> bool:
    """Whether shape, type and every bit are equal."""
    return (
        one.shape == other.shape
        and one.dtype == other.dtype
        and one.tobytes() == other.tobytes()
    )


def examples_in(folder: Path) -> Path:
    """A folder of the photos of the repository, one of them deeper, and a corrupt file."""
    photos = folder / "photos"
    (photos / "deeper").mkdir(parents=True)
    shutil.copy(REPOSITORY / "examples/photos/rocket.jpg", photos / "deeper")
    shutil.copy(REPOSITORY / "examples/photos/coffee.png", photos)
    (photos / "corrupt.jpg").write_bytes(b"no image")
    return photos


def assert_tensors_of_examples(parquet: Path, photos: Path) -> None:
    """Checks what an example wrote: the tensors of CLIP of the files that are images."""
    dataset = pytest.importorskip("pyarrow.dataset")
    table = dataset.dataset(parquet).to_table()
    assert set(table.column_names) == {"path", "pixel_values"}
    tensors = [
        tensor
        for chunk in table["pixel_values"].chunks
        for tensor in getattr(chunk, "storage", chunk).to_pylist()
    ]
    names = [Path(path).name for path in table["path"].to_pylist()]
    rows = dict(zip(names, tensors, strict=True))
    assert set(rows) == {"rocket.jpg", "coffee.png"}
    for name in ("deeper/rocket.jpg", "coffee.png"):
        wanted = pf.processor("clip")([str(photos / name)], device="cpu").numpy()[0]
        tensor = np.asarray(rows[Path(name).name], np.float32)
        assert np.array_equal(tensor, wanted.ravel())

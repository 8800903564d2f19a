"""Small images of mixed sizes for the tests of columns, as arrays and as files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

Image: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


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

"""The images in the rows of an Arrow column, read in place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    import pyarrow as pa

    Column: TypeAlias = (
        pa.Array | pa.ChunkedArray | Sequence[Any] | np.ndarray[Any, Any]
    )

__all__ = ["Column", "Unreadable", "rows_of"]


@dataclass(frozen=True)
class Unreadable:
    """A row that holds no image that a pipeline takes."""

    reason: str


# Daft's image modes of 8 bits a sample, by its number of the mode.
_DAFT_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def rows_of(column: Column, shape: Sequence[Any] | None = None) -> list[Any]:
    """Gives one image for each row of a column.

    Args:
        column: Encoded files (binary), paths (string), or pixels: Arrow's and Ray's
            tensors, Daft's images, `struct<data, shape>`, Hugging Face's
            `struct<bytes, path>`, or lists of samples with `shape`. Also a NumPy array
            or another sequence of images, where null is `None` or not a number.
        shape: Of a column of lists: height, width and channels, each a number or a
            column of numbers.

    Returns:
        A list of memoryviews of encoded files, paths, arrays that share the column's
        memory, `None` for null rows, and `Unreadable` for rows without an image.

    Raises:
        TypeError: The column has a type that is none of these.
    """
    import pyarrow as pa

    if not isinstance(column, pa.Array | pa.ChunkedArray):
        return [None if isinstance(row, float) else row for row in column]
    array: Any = column
    if isinstance(array, pa.ChunkedArray):
        rows: list[Any] = []
        for chunk in array.chunks:
            part = None if shape is None else _part(shape, len(rows), len(chunk))
            rows.extend(rows_of(chunk, part))
        return rows
    valid = array.is_valid().to_pylist() if array.null_count else None
    images = _images(array, shape)
    if valid is None:
        return list(images)
    return [
        image if there else None for image, there in zip(images, valid, strict=True)
    ]


def _part(shape: Sequence[Any], start: int, length: int) -> list[Any]:
    """The part of the shape columns that belongs to a chunk."""
    return [
        extent if isinstance(extent, int) else extent.slice(start, length)
        for extent in shape
    ]


def _images(array: pa.Array, shape: Sequence[Any] | None) -> Iterator[Any]:
    """The images of an array, with anything at all in the place of null rows."""
    import pyarrow as pa

    types = pa.types
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        extents = getattr(kind, "shape", None)
        if extents is not None and None not in extents:
            _check_order(kind)
            return _pixels(array.storage, _repeated(tuple(extents), len(array)))
        return _images(array.storage, shape)
    if types.is_null(kind):
        return iter([None] * len(array))
    if types.is_dictionary(kind):
        return _images(array.dictionary_decode(), shape)
    if (
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
    ):
        return (_path(text) for text in array.to_pylist())
    if types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
        return _encoded(array.cast(pa.large_binary()))
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _encoded(array)
    if types.is_struct(kind):
        fields = {field.name for field in kind}
        for names, read in _STRUCTS:
            if names <= fields:
                return read(array)
    if _is_list(kind) and shape is not None:
        return _pixels(array, _shapes_from_columns(shape, len(array)))
    if _is_list(kind):
        raise TypeError(
            f"a column of {kind} has no heights and widths: pass `shape`, with height, "
            "width and channels, or the columns that have them"
        )
    raise TypeError(
        f"a column of {kind} holds no images: it may hold encoded files (binary), "
        "paths (string), tensors, Daft's images, or structs of data and shape"
    )


def _is_list(kind: pa.DataType) -> bool:
    from pyarrow import types

    return (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
    )


def _check_order(kind: Any) -> None:
    order = getattr(kind, "permutation", None)
    if order is not None and list(order) != sorted(order):
        raise TypeError(
            f"tensors whose axes are permuted ({list(order)}) are not taken: store "
            "them in the order height, width, channels"
        )


def _path(text: str | None) -> str | Unreadable | None:
    """A path from a path or a `file://` address, as Daft writes them."""
    if text is None or "://" not in text:
        return text
    if text.startswith("file://"):
        return text.removeprefix("file://")
    return Unreadable(
        f"{text[:200]!r} is no path of this machine: read the file's bytes into a "
        "column, with Ray's `read_binary_files` or Daft's `download`"
    )


def _encoded(array: pa.Array) -> Iterator[Any]:
    """Views of the values of a binary array."""
    import numpy as np
    from pyarrow import types

    width = np.int64 if types.is_large_binary(array.type) else np.int32
    _, offsets_buffer, data = array.buffers()
    if offsets_buffer is None or len(array) == 0:
        return iter([])
    offsets = np.frombuffer(
        offsets_buffer, width, len(array) + 1, array.offset * np.dtype(width).itemsize
    ).tolist()
    view = memoryview(data if data is not None else b"").cast("B").toreadonly()
    return (view[start:end] for start, end in pairwise(offsets))


def _lists(array: pa.Array) -> tuple[np.ndarray[Any, Any], list[int]]:
    """The samples of a list array, and where each list begins and the last one ends."""
    from pyarrow import types

    if types.is_fixed_size_list(array.type):
        size, first = array.type.list_size, array.offset
        offsets = [size * (first + row) for row in range(len(array) + 1)]
    else:
        offsets = array.offsets.to_pylist()
    values = array.values
    if values.null_count:
        raise TypeError("the samples of an image cannot be null")
    try:
        return values.to_numpy(zero_copy_only=True), offsets
    except Exception as error:
        raise TypeError(f"samples of type {values.type} are not taken") from error


def _pixels(array: pa.Array, shapes: Iterator[tuple[int, ...] | None]) -> Iterator[Any]:
    """Arrays over the samples of a list array."""
    values, offsets = _lists(array)
    for (start, end), shape in zip(pairwise(offsets), shapes, strict=True):
        yield None if shape is None else _shaped(values[start:end], shape)


def _shaped(samples: np.ndarray[Any, Any], shape: tuple[int, ...]) -> Any:
    if min(shape, default=0) < 1 or math.prod(shape) != len(samples):
        return Unreadable(f"the row has {len(samples)} samples and the shape {shape}")
    return samples.reshape(shape)


def _repeated(shape: tuple[int, ...], times: int) -> Iterator[tuple[int, ...]]:
    return iter([shape] * times)


def _shapes_from_columns(
    shape: Sequence[Any], rows: int
) -> Iterator[tuple[int, ...] | None]:
    columns = [
        [extent] * rows if isinstance(extent, int) else extent.to_pylist()
        for extent in shape
    ]
    for extents in zip(*columns, strict=True):
        yield None if None in extents else tuple(int(extent) for extent in extents)


def _data_and_shape(array: pa.StructArray) -> Iterator[Any]:
    """Ray's tensors of several shapes: `struct<data, shape>`."""
    shapes = array.field("shape").to_pylist()
    given = (None if shape is None else tuple(shape) for shape in shapes)
    return _pixels(array.field("data"), given)


def _daft_images(array: pa.StructArray) -> Iterator[Any]:
    """Daft's images: `struct<data, channel, height, width, mode>`."""
    names = ("height", "width", "channel", "mode")
    extents = zip(*(array.field(name).to_pylist() for name in names), strict=True)
    values, offsets = _lists(array.field("data"))
    for (start, end), of_row in zip(pairwise(offsets), extents, strict=True):
        height, width, channels, mode = of_row
        if None in (height, width, channels):
            yield None
        elif values.dtype != "uint8" or mode not in _DAFT_MODES:
            yield Unreadable(
                "samples of the image have more than 8 bits: cast the column to an "
                'image type of 8 bits, for example `DataType.image("RGB")`'
            )
        else:
            shape = (height, width, channels) if channels > 1 else (height, width)
            yield _shaped(values[start:end], shape)


def _bytes_or_path(array: pa.StructArray) -> Iterator[Any]:
    """Hugging Face's images: `struct<bytes, path>`, where the bytes may be null."""
    encoded, paths = rows_of(array.field("bytes")), rows_of(array.field("path"))
    return (
        path if data is None else data
        for data, path in zip(encoded, paths, strict=True)
    )


_STRUCTS: list[tuple[set[str], Callable[[Any], Iterator[Any]]]] = [
    ({"data", "height", "width", "channel", "mode"}, _daft_images),
    ({"data", "shape"}, _data_and_shape),
    ({"bytes", "path"}, _bytes_or_path),
]

"""The outputs of a pipeline as Arrow columns of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixelflume._native import PipelineError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = ["Output", "outputs_of"]

# NumPy's names of the sample types that Arrow has.
_DTYPES = {
    "u8": "uint8",
    "i16": "int16",
    "f16": "float16",
    "f32": "float32",
    "f64": "float64",
    "i32": "int32",
}

# Two sizes of images without a common factor: a shape that is the same for both does
# not depend on the size.
_PROBES = ((480, 640), (1087, 719))


@dataclass(frozen=True)
class Output:
    """An output of a pipeline: its name, and what one image of it is as a tensor.

    `shape` is that of the tensors of every image, or `None` where it depends on the
    size of the image; `dtype` is NumPy's name of the samples' type. A tensor has three
    dimensions, in the order of the image's layout, also where there is one channel.
    """

    name: str
    dtype: str
    shape: tuple[int, int, int] | None

    def arrow_type(self) -> pa.DataType:
        """The type of the column: a fixed-shape tensor, or `struct<data, shape>`."""
        import pyarrow as pa

        samples = pa.from_numpy_dtype(self.dtype)
        if self.shape is not None:
            return pa.fixed_shape_tensor(samples, self.shape)
        return pa.struct(
            {"data": pa.large_list(samples), "shape": pa.list_(pa.int64())}
        )

    def column(self, rows: int, parts: Sequence[tuple[list[int], Any]]) -> pa.Array:
        """Makes the column of the tensors of several executions.

        Args:
            rows: The length of the column.
            parts: For each execution the rows that its images have, and the images: an
                array with an axis of images, or a list of arrays. Other rows are null.
        """
        if self.shape is not None:
            return self._fixed(self.shape, rows, parts)
        tensors: list[Any] = [None] * rows
        for places, images in parts:
            for place, image in zip(places, images, strict=True):
                tensors[place] = image
        return self._variable(tensors)

    def _fixed(
        self,
        shape: tuple[int, int, int],
        rows: int,
        parts: Sequence[tuple[list[int], Any]],
    ) -> pa.Array:
        import numpy as np
        import pyarrow as pa

        count = math.prod(shape)
        missing = None
        if len(parts) == 1 and len(parts[0][0]) == rows:
            # All rows, in order: Arrow's column shares the memory of the result.
            samples = np.ascontiguousarray(parts[0][1]).reshape(-1)
        else:
            # Null rows are zeros, so that no bytes of other programs get into files.
            samples = np.zeros((rows, count), self.dtype)
            missing = np.ones(rows, bool)
            for places, images in parts:
                samples[places] = np.asarray(images).reshape(-1, count)
                missing[places] = False
            samples = samples.reshape(-1)
        lists = pa.FixedSizeListArray.from_arrays(
            pa.array(samples),
            count,
            mask=None if missing is None or not missing.any() else pa.array(missing),
        )
        kind = self.arrow_type()
        return pa.ExtensionArray.from_storage(kind, lists.cast(kind.storage_type))

    def _variable(self, tensors: list[np.ndarray[Any, Any] | None]) -> pa.Array:
        import numpy as np
        import pyarrow as pa

        tensors = [
            tensor if tensor is None or tensor.ndim == 3 else tensor[..., None]
            for tensor in tensors
        ]
        sizes = [0 if tensor is None else tensor.size for tensor in tensors]
        ends = np.cumsum([0, *sizes], dtype=np.int64)
        there = [np.ravel(tensor) for tensor in tensors if tensor is not None]
        samples = np.concatenate(there) if there else np.empty(0, self.dtype)
        shapes = [None if tensor is None else list(tensor.shape) for tensor in tensors]
        kind: Any = self.arrow_type()
        return pa.StructArray.from_arrays(
            [
                pa.LargeListArray.from_arrays(pa.array(ends), pa.array(samples)).cast(
                    kind.field("data").type
                ),
                pa.array(shapes, kind.field("shape").type),
            ],
            fields=list(kind),
            mask=pa.array([tensor is None for tensor in tensors], pa.bool_()),
        )


def outputs_of(pipeline: Any) -> tuple[Output, ...]:
    """Finds what the outputs of a pipeline are, without running it.

    Raises:
        PipelineError: The pipeline has several inputs, takes no images of 8 bits, or
            has an output in bf16, which Arrow does not have.
    """
    if len(pipeline.inputs) != 1:
        raise PipelineError(
            f"a column goes to one input; the pipeline has {len(pipeline.inputs)}: "
            f"{', '.join(pipeline.inputs)}"
        )
    first, second = _probe(pipeline)
    return tuple(_output(name, first[name], second[name]) for name in pipeline.outputs)


def _probe(pipeline: Any) -> list[dict[str, Any]]:
    """The shapes of all nodes for images of two sizes."""
    refused: PipelineError | None = None
    for channels in (3, 1, 4):
        try:
            return [pipeline.shapes((*size, channels)) for size in _PROBES]
        except PipelineError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _output(name: str, first: Any, second: Any) -> Output:
    if first.dtype not in _DTYPES:
        raise PipelineError(
            f"the output `{name}` has samples of type {first.dtype}, which Arrow does "
            "not have: make them f32 or f16, for example with "
            '`normalize(..., dtype="f16")`'
        )
    is_fixed = first.array_shape == second.array_shape
    return Output(name, _DTYPES[first.dtype], first.array_shape if is_fixed else None)

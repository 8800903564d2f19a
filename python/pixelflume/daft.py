"""Pipelines as expressions of Daft.

```python
import daft
import pixelflume as pf
import pixelflume.daft

pre = pf.processor("clip")
df = daft.from_glob_path("photos/*.jpg")
df = df.with_column("pixel_values", pixelflume.daft.expression(pre, df["path"]))
```

Workers with a GPU and workers without one give the same bytes, so a cluster can mix
them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pixelflume._arrow import Job, OnError
from pixelflume._native import set_num_threads

if TYPE_CHECKING:
    import daft
    import pyarrow as pa
    from pixelflume._arrow.outputs import Output

__all__ = ["expression", "with_tensors"]

_ERROR = "error"


def expression(
    pipeline: Any,
    column: daft.Expression | str,
    *,
    device: Any = None,
    on_error: OnError = "error",
    reasons: bool = False,
    index: daft.Expression | str | None = None,
    epoch: int | None = None,
    batch: int = 64,
    threads: int | None = None,
    **resources: Any,
) -> daft.Expression:
    """A column of tensors: the results of a pipeline for a column of images.

    Its type is a tensor of fixed shape where all images give one shape, and otherwise a
    tensor of any shape; of a pipeline with several outputs a struct with a field for
    each.

    Args:
        pipeline: A pipeline with one input.
        column: Images, encoded files (binary) or paths (string).
        device: Where it runs: "cuda", "host", or `None` for a GPU where the worker has
            one.
        on_error: What is done with a row whose image cannot be taken. "error" raises,
            with the row of the batch; "null" gives null. An expression leaves no rows
            out: `with_tensors` does.
        reasons: Whether the result is a struct that has, beside a field for each
            output, the text `error` that says why a row has no result.
        index: A column of whole numbers, the numbers of the images in the data set, from
            which random operators draw; without it they count the images of a worker,
            and results depend on which worker had which rows.
        epoch: The number of the pass over the data set, for random operators.
        batch: The most rows of a batch, and of one execution.
        threads: How many threads the process uses from then on; by default as it did.
        resources: Arguments of `daft.cls`: `cpus`, `gpus`, `max_concurrency`,
            `use_process` (not for columns of Daft's images, which stay in the process
            of the driver), `ray_options`.
    """
    if on_error == "skip":
        raise ValueError(
            "an expression has a value for each row: use `pixelflume.daft.with_tensors`"
            ', or on_error="null" and `df.where(...)`'
        )
    job = Job(pipeline, device, on_error, batch, epoch)
    return _expression(job, column, index, reasons, threads, resources)


def with_tensors(
    frame: daft.DataFrame,
    pipeline: Any,
    column: str = "image",
    *,
    output: str = "tensor",
    device: Any = None,
    on_error: OnError = "error",
    index: daft.Expression | str | None = None,
    epoch: int | None = None,
    batch: int = 64,
    threads: int | None = None,
    **resources: Any,
) -> daft.DataFrame:
    """A data frame with the results of a pipeline for its images.

    Args:
        frame: The data frame with the images.
        column: The name of the column of images; see `expression`.
        output: The new column. Of a pipeline with several outputs each has a column,
            `output` with an underscore and its name behind it.
        on_error: "error" raises; "null" gives null, and the reason in the column
            `output` with `_error` behind it; "skip" leaves out the rows without a
            result.

    The other arguments are those of `expression`.
    """
    import daft

    # Rows are left out behind the expression, which has a value for each.
    policy: OnError = "null" if on_error == "skip" else on_error
    job = Job(pipeline, device, policy, batch, epoch)
    both = f"{output}_and_error"
    frame = frame.with_column(
        both, _expression(job, column, index, True, threads, resources)
    )
    names = [name.name for name in job.outputs]
    columns = {
        output if len(names) == 1 else f"{output}_{name}": daft.col(both)[name]
        for name in names
    }
    if on_error == "null":
        columns[f"{output}_error"] = daft.col(both)[_ERROR]
    frame = frame.with_columns(columns).exclude(both)
    if on_error == "skip":
        frame = frame.where(daft.col(next(iter(columns))).not_null())
    return frame


def _expression(
    job: Job,
    column: daft.Expression | str,
    index: daft.Expression | str | None,
    reasons: bool,
    threads: int | None,
    resources: dict[str, Any],
) -> daft.Expression:
    import daft
    from daft import DataType

    fields = {output.name: _daft_type(output) for output in job.outputs}
    is_struct = reasons or len(fields) > 1
    if reasons:
        if _ERROR in fields:
            raise ValueError(
                f"reasons are in the field `{_ERROR}`, and an output has that name: "
                "give the output another one"
            )
        fields[_ERROR] = DataType.string()
    # Daft runs a stage in another process only if its results are plain columns of
    # Arrow: tensors leave it as their lists, and become tensors behind it.
    stored = {output.name: _stored_type(output) for output in job.outputs}
    dtype, storage = (
        DataType.struct(types) if is_struct else next(iter(types.values()))
        for types in (fields, {**fields, **stored})
    )

    @daft.cls(**resources)
    class PixelflumeStage:
        """A pipeline in a worker, which opens the device at its first batch."""

        def __init__(self, job: Job, threads: int | None) -> None:
            self.job = job
            if threads is not None:
                set_num_threads(threads)

        @daft.method.batch(return_dtype=storage, batch_size=job.batch)
        def run(self, images: daft.Series, *index: daft.Series) -> pa.Array:
            return _run(self.job, images, index, is_struct, reasons)

    columns = [column] if index is None else [column, index]
    given = [daft.col(name) if isinstance(name, str) else name for name in columns]
    return PixelflumeStage(job, threads).run(*given).cast(dtype)


def _run(
    job: Job,
    images: daft.Series,
    index: tuple[daft.Series, ...],
    is_struct: bool,
    reasons: bool,
) -> pa.Array:
    """The results for a column as one array of Arrow."""
    import pyarrow as pa
    from daft import DataType

    kind = images.datatype()
    if kind.is_fixed_shape_image():
        images = images.cast(DataType.image(kind.image_mode))
    numbers = index[0].to_pylist() if index else None
    result = job.run(images.to_arrow(), index=numbers)
    columns = {name: _for_daft(column) for name, column in result.columns.items()}
    if reasons:
        columns[_ERROR] = result.reasons
    if not is_struct:
        return next(iter(columns.values()))
    return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))


def _daft_type(output: Output) -> daft.DataType:
    import numpy as np
    from daft import DataType

    samples = DataType.from_numpy_dtype(np.dtype(output.dtype))
    return DataType.tensor(samples, shape=output.shape)


def _stored_type(output: Output) -> daft.DataType:
    """The type beneath Daft's tensors."""
    import numpy as np
    from daft import DataType

    samples = DataType.from_numpy_dtype(np.dtype(output.dtype))
    if output.shape is not None:
        return DataType.fixed_size_list(samples, math.prod(output.shape))
    shape = DataType.list(DataType.uint64())
    return DataType.struct({"data": DataType.list(samples), "shape": shape})


def _for_daft(column: pa.Array) -> pa.Array:
    """A column of tensors as `_stored_type` has it."""
    import pyarrow as pa

    if isinstance(column, pa.FixedShapeTensorArray):
        return column.storage
    samples = column.type.field("data").type
    return column.cast(
        pa.struct({"data": samples, "shape": pa.large_list(pa.uint64())})
    )

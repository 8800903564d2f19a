"""Pipelines as stages of Ray Data.

```python
import ray
import pixelflume as pf
import pixelflume.ray

pre = pf.processor("clip")
files = ray.data.read_binary_files("photos")
tensors = files.map_batches(
    pixelflume.ray.Stage,
    **pixelflume.ray.options(pre, column="bytes", output="pixel_values", actors=2),
)
```

Workers with a GPU and workers without one give the same bytes, so a cluster can mix
them.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pixelflume._arrow import Job, OnError, Result
from pixelflume._native import set_num_threads

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

__all__ = ["Stage", "options"]

_LOG = logging.getLogger("pixelflume.ray")

# Bytes that a worker needs beside images: the interpreter, libraries, plans.
_WORKER_BYTES = 512 * 2**20

# Batches of which images are in memory at once: the one that is decoded, the one that
# runs, and one that is copied.
_BATCHES = 3


class Stage:
    """A pipeline as the function of `Dataset.map_batches`.

    As a class, with `options`, it runs in actors, which open the device once. An
    instance runs in tasks. Batches are tables of Arrow (`batch_format="pyarrow"`, the
    best one, since pixels are read and written in place), dicts of NumPy arrays, or
    data frames of pandas; results are of the same kind.

    Args:
        pipeline: A pipeline with one input.
        column: The column with the images: encoded files, paths, or pixels.
        output: The column of tensors. Of a pipeline with several outputs each has a
            column, `output` with an underscore and its name behind it.
        device: Where it runs: "cuda", "host", or `None` for a GPU where Ray gave the
            worker one (`num_gpus`), and the CPU where it gave none, although such a
            worker sees all GPUs of its machine.
        on_error: What is done with rows whose image cannot be taken. "error" raises,
            with the row of the batch; "null" gives null, and the reason in the column
            `output` with `_error` behind it; "skip" leaves the row out, and logs how
            many and why.
        shape: Of a column of plain lists of samples: the columns of height, width and
            channels, or numbers in their place.
        index: A column of whole numbers, the numbers of the images in the data set, from
            which random operators draw; without it they count the images of a worker,
            and results depend on which worker had which rows.
        epoch: The number of the pass over the data set, for random operators.
        batch: The most images of one execution.
        threads: How many threads the worker's process uses. By default as many as the
            CPUs that the actor or task was given.
    """

    def __init__(
        self,
        pipeline: Any,
        *,
        column: str = "image",
        output: str = "tensor",
        device: Any = None,
        on_error: OnError = "error",
        shape: tuple[str | int, ...] | None = None,
        index: str | None = None,
        epoch: int | None = None,
        batch: int = 64,
        threads: int | None = None,
    ) -> None:
        """Finds the outputs of the pipeline; nothing is opened or run."""
        self._job = Job(pipeline, device, on_error, batch, epoch)
        self._column = column
        self._output = output
        self._shape = shape
        self._index = index
        self._threads = threads
        # What this process runs: decided at its first batch.
        self._own: Job | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: everything, but not what this process decided."""
        return {**self.__dict__, "_own": None}

    def __call__(self, batch: Any) -> Any:
        """Gives the batch with the columns of tensors."""
        import pyarrow as pa

        if isinstance(batch, pa.Table):
            result = self._run(batch)
            columns = {
                name: _for_ray(column) for name, column in self._named(result).items()
            }
            return _with_columns(_taken(batch, result.rows), columns)
        result = self._run(batch)
        arrays = {
            name: _as_numpy(column) for name, column in self._named(result).items()
        }
        kept = None if result.rows is None else result.rows.to_numpy()
        if isinstance(batch, dict):
            named = cast("dict[str, np.ndarray[Any, Any]]", batch)
            rest = (
                named
                if kept is None
                else {name: of[kept] for name, of in named.items()}
            )
            return {**rest, **arrays}
        frame = batch if kept is None else batch.iloc[kept].reset_index(drop=True)
        return frame.assign(**{name: list(array) for name, array in arrays.items()})

    def _prepared(self) -> Job:
        """The job on the CPUs, and on a GPU only if this worker was given one."""
        if self._own is None:
            given = _given_to_worker()
            threads = self._threads
            if threads is None and given and given.get("CPU"):
                threads = max(1, int(given["CPU"]))
            if threads is not None:
                set_num_threads(threads)
            job = self._job
            if job.device is None and given is not None and not given.get("GPU"):
                job = replace(job, device="host")
            self._own = job
        return self._own

    def _run(self, batch: Any) -> Result:
        shape = self._shape
        extents = shape and [
            extent if isinstance(extent, int) else _rows(batch, extent)
            for extent in shape
        ]
        index = None
        if self._index is not None:
            index = [int(number) for number in _list(_rows(batch, self._index))]
        result = self._prepared().run(_rows(batch, self._column), extents, index)
        if self._job.on_error == "skip" and result.rows is not None:
            reasons = result.reasons.drop_null()
            if len(reasons):
                _LOG.warning(
                    "%d of %d rows are skipped; the first: %s",
                    len(reasons),
                    len(result.reasons),
                    reasons[0],
                )
        return result

    def _named(self, result: Result) -> dict[str, pa.Array]:
        """The columns of a result by their names in the data set."""
        columns = result.columns
        named = {
            self._output if len(columns) == 1 else f"{self._output}_{name}": column
            for name, column in columns.items()
        }
        if self._job.on_error == "null":
            named[f"{self._output}_error"] = result.reasons
        return named


def options(
    pipeline: Any,
    *,
    gpus: float = 0,
    cpus: float | None = None,
    actors: int | tuple[int, int] = 1,
    batch_size: int | None = None,
    image: tuple[int, int, int] = (1080, 1920, 3),
    **stage: Any,
) -> dict[str, Any]:
    """The arguments of `Dataset.map_batches` that run a pipeline in actors.

    ```python
    options = pixelflume.ray.options(pre, gpus=1, actors=4)
    ds.map_batches(pixelflume.ray.Stage, **options)
    ```

    Args:
        pipeline: A pipeline with one input.
        gpus: The GPUs of an actor; a part of one, such as 0.25, lets actors share it.
            With 0 the actors run on the CPU, with the same results.
        cpus: The CPUs of an actor: by default 1, and 4 with a GPU, which decode files
            for it. An actor uses as many threads.
        actors: The number of actors, or the smallest and the largest.
        batch_size: Rows of a batch: by default 64, and 256 with a GPU, of which 64 are
            executed while the next are decoded.
        image: Height, width and channels of the largest images that are usual in the
            data, from which the memory of an actor is estimated.
        stage: Arguments of `Stage`, such as `column`, `output` and `on_error`.

    Returns:
        `batch_size`, `batch_format`, `num_cpus`, `num_gpus` where there are any,
        `memory` in bytes, `compute`, and the arguments of the constructor of `Stage`.
    """
    from ray.data import ActorPoolStrategy

    images = int(stage.get("batch", 64))
    rows = batch_size or (4 * images if gpus else images)
    if gpus == 0:
        stage.setdefault("device", "host")
    job = Stage(pipeline, **stage)._job
    low, high = actors if isinstance(actors, tuple) else (actors, actors)
    memory = _WORKER_BYTES + (
        _BATCHES * images * math.prod(image) + 2 * rows * _result_bytes(job, image)
    )
    chosen: dict[str, Any] = {
        "fn_constructor_kwargs": {"pipeline": pipeline, **stage},
        "batch_size": rows,
        "batch_format": "pyarrow",
        "num_cpus": cpus if cpus is not None else (4 if gpus else 1),
        "memory": memory,
        "compute": ActorPoolStrategy(min_size=low, max_size=high),
    }
    if gpus:
        chosen["num_gpus"] = gpus
    return chosen


def _result_bytes(job: Job, image: tuple[int, int, int]) -> int:
    """The bytes of the results of one image."""
    import numpy as np

    shapes = job.pipeline.shapes(image)
    return sum(
        math.prod(shapes[output.name].array_shape) * np.dtype(output.dtype).itemsize
        for output in job.outputs
    )


def _given_to_worker() -> dict[str, float] | None:
    """What Ray gave to this actor or task, by name; `None` outside its workers."""
    import ray

    if not ray.is_initialized():
        return None
    context = ray.get_runtime_context()
    if context.worker.mode != ray.WORKER_MODE:
        return None
    return context.get_assigned_resources()


def _rows(batch: Any, column: str) -> Any:
    """A column of a batch, as `Job.run` takes it."""
    import pyarrow as pa

    try:
        rows = batch[column]
    except KeyError:
        names = batch.column_names if isinstance(batch, pa.Table) else list(batch)
        raise KeyError(
            f"there is no column {column!r}; the batch has {', '.join(map(str, names))}"
        ) from None
    dtype = getattr(rows, "dtype", None)
    if hasattr(dtype, "pyarrow_dtype"):
        return pa.array(rows)
    return rows


def _list(rows: Any) -> list[Any]:
    return rows.to_pylist() if hasattr(rows, "to_pylist") else list(rows)


def _taken(table: pa.Table, rows: pa.Array | None) -> pa.Table:
    return table if rows is None else table.take(rows)


def _with_columns(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, column in columns.items():
        place = table.schema.get_field_index(name)
        if place < 0:
            table = table.append_column(name, column)
        else:
            table = table.set_column(place, name, column)
    return table


def _for_ray(column: pa.Array) -> pa.Array:
    """Tensors of several shapes as Ray's type of them; other columns as they are."""
    import pyarrow as pa
    from ray.data.extensions import ArrowVariableShapedTensorType

    if not pa.types.is_struct(column.type):
        return column
    kind = ArrowVariableShapedTensorType(column.type.field("data").type.value_type, 3)
    return pa.ExtensionArray.from_storage(kind, column.cast(kind.storage_type))


def _as_numpy(column: pa.Array) -> np.ndarray[Any, Any]:
    """A column as an array: of one shape, or of objects, where null is `None`."""
    import numpy as np
    import pyarrow as pa

    if isinstance(column, pa.FixedShapeTensorArray) and not column.null_count:
        return column.to_numpy_ndarray()
    from pixelflume._arrow.rows import rows_of

    rows = column.to_pylist() if pa.types.is_string(column.type) else rows_of(column)
    array = np.empty(len(rows), object)
    array[:] = rows
    return array

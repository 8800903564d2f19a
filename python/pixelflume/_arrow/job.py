"""One run of a pipeline over a column, with a policy for rows that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from pixelflume._arrow.outputs import Output, outputs_of
from pixelflume._arrow.rows import Unreadable, rows_of
from pixelflume._native import InputError, PipelineError

if TYPE_CHECKING:
    import pyarrow as pa
    from pixelflume._arrow.rows import Column

__all__ = ["Job", "OnError", "Result", "run"]

OnError = Literal["error", "null", "skip"]
"""What is done with a row whose image cannot be taken."""


class Result(NamedTuple):
    """The columns that a job makes of a column."""

    columns: dict[str, pa.Array]
    """Tensors by the name of the output."""

    reasons: pa.Array
    """Why a row has no result: text, and null for the rows that have one.

    Of "skip" it has all rows, also those that the other columns do not have."""

    rows: pa.Array | None
    """The positions of the rows that the columns have; `None` where they have all."""


@dataclass(frozen=True)
class Job:
    """A pipeline with what is to be known to run it over columns. It can be pickled.

    Args:
        pipeline: A pipeline with one input.
        device: Where it runs, as in a call of the pipeline. It is opened at the first
            run, in the process of the run.
        on_error: What is done with a row whose image cannot be decoded or does not fit
            the pipeline, or with a row that is null. "error" raises, with the number of
            the row; "null" gives null and the reason; "skip" leaves the row out.
        batch: The most images of one execution.
        epoch: The number of the pass over the data, for random operators.
    """

    pipeline: Any
    device: Any = None
    on_error: OnError = "error"
    batch: int = 64
    epoch: int | None = None
    outputs: tuple[Output, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.on_error not in get_args(OnError):
            known = ", ".join(repr(policy) for policy in get_args(OnError))
            raise ValueError(f"on_error is one of {known}; got {self.on_error!r}")
        if self.batch < 1:
            raise ValueError(f"batch is at least 1; got {self.batch}")
        object.__setattr__(self, "outputs", outputs_of(self.pipeline))

    def run(
        self,
        column: Column,
        shape: Sequence[Any] | None = None,
        index: Sequence[int] | None = None,
    ) -> Result:
        """Runs the pipeline over the images of a column, in order.

        Args:
            column: See `rows_of`, which also says what `shape` is for.
            shape: See `rows_of`.
            index: The number of each image in its data set, from which random operators
                draw.

        Raises:
            InputError: An image cannot be taken, under "error"; `image` is its row.
            PipelineError: An image does not fit the pipeline, likewise.
            DeviceError: The device is not there, failed, or has too little memory.
        """
        import pyarrow as pa

        rows = rows_of(column, shape)
        execution = _Execution(self, rows, index)
        places = execution.readable()
        for start in range(0, len(places), self.batch):
            execution.submit(places[start : start + self.batch])
        execution.finish(keep=0)
        reasons = pa.array(execution.reasons, pa.string())
        kept = None
        parts = execution.parts
        if self.on_error == "skip" and len(execution.done) < len(rows):
            kept = sorted(execution.done)
            position = {place: index for index, place in enumerate(kept)}
            parts = [([position[place] for place in done], of) for done, of in parts]
        length = len(rows) if kept is None else len(kept)
        columns = {
            output.name: output.column(
                length, [(done, images[output.name]) for done, images in parts]
            )
            for output in self.outputs
        }
        return Result(
            columns, reasons, None if kept is None else pa.array(kept, pa.int64())
        )


def run(
    pipeline: Any,
    column: Column,
    *,
    device: Any = None,
    on_error: OnError = "error",
    shape: Sequence[Any] | None = None,
) -> Result:
    """Runs a pipeline over a column once; a `Job` does it for many."""
    return Job(pipeline, device=device, on_error=on_error).run(column, shape)


class _Execution:
    """The executions of one run: one is in flight while the next is prepared."""

    def __init__(self, job: Job, rows: list[Any], index: Sequence[int] | None) -> None:
        self.job = job
        self.rows = rows
        self.index = index
        self.reasons: list[str | None] = [None] * len(rows)
        self.parts: list[tuple[list[int], dict[str, Any]]] = []
        self.done: set[int] = set()
        self._in_flight: list[tuple[list[int], Any]] = []

    def readable(self) -> list[int]:
        """The rows that have an image; the others are refused."""
        places: list[int] = []
        for place, row in enumerate(self.rows):
            if row is None:
                self._refuse(place, InputError("the row is null, it has no image"))
            elif isinstance(row, Unreadable):
                self._refuse(place, InputError(row.reason))
            else:
                places.append(place)
        return places

    def submit(self, places: list[int]) -> None:
        """Submits rows, and takes the results of those before them.

        Where a row fails, those before it and those behind it are submitted by
        themselves, so few images are decoded more than twice, whatever number of rows
        fails. A failure that names no image is narrowed down by halves.
        """
        waiting = [places]
        while waiting:
            places = waiting.pop()
            if not places:
                continue
            images = [self.rows[place] for place in places]
            try:
                batch = self.job.pipeline(
                    images,
                    device=self.job.device,
                    index=None
                    if self.index is None
                    else [self.index[place] for place in places],
                    epoch=self.job.epoch,
                )
            except (InputError, PipelineError) as error:
                image = 0 if len(places) == 1 else error.image
                middle = len(places) // 2 if image is None else image
                rest = middle
                if image is not None:
                    self._refuse(places[image], error)
                    rest = image + 1
                waiting += [places[rest:], places[:middle]]
                continue
            self._in_flight.append((places, batch))
            self.finish()

    def finish(self, keep: int = 1) -> None:
        """Takes the results of all submitted batches but the last `keep`."""
        while len(self._in_flight) > keep:
            places, batch = self._in_flight.pop(0)
            images = {
                output.name: _arrays(batch[output.name]) for output in self.job.outputs
            }
            for name, of_output in images.items():
                if len(of_output) != len(places):
                    raise PipelineError(
                        f"the output `{name}` has {len(of_output)} images for "
                        f"{len(places)} rows; a column has one for each row"
                    )
            self.parts.append((places, images))
            self.done.update(places)

    def _refuse(self, place: int, error: InputError | PipelineError) -> None:
        """Records why a row has no result, or raises it."""
        if self.job.on_error == "error":
            named = type(error)(
                f"row {place}: {error}; `on_error` can make such rows null or skip them"
            )
            named.image = place
            raise named from error
        self.reasons[place] = str(error)


def _arrays(images: Any) -> Any:
    """The arrays of an output: one of all images, or a list where sizes differ."""
    if isinstance(images, list):
        return [image.numpy() for image in images]
    return images.numpy()

"""The differences of two results for one image, and what they probably come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy

    Array: TypeAlias = numpy.ndarray[Any, Any]
    Outputs: TypeAlias = dict[str, Array]

# Names of the axes by their number: rows of patches, planes, tiles.
_AXES = {
    1: ("index",),
    2: ("row", "column"),
    3: ("channel", "y", "x"),
    4: ("tile", "channel", "y", "x"),
}


@dataclass(frozen=True)
class Difference:
    """The first difference between a processor and a pipeline."""

    image: int
    """Index of the image, from 0."""
    output: str
    """Name of the output in the processor."""
    reason: str
    """What differs, as text with both values."""
    position: tuple[int, ...] | None = None
    """Index of the sample in the processor's array; `None` where not a sample differs
    but a shape, a type, or that one of the two refused the image."""
    expected: float | None = None
    """The processor's sample."""
    got: float | None = None
    """The pipeline's sample."""

    def __str__(self) -> str:
        """Image, output and what differs."""
        return f"image {self.image}, output {self.output!r}: {self.reason}"


@dataclass
class OfImage:
    """The figures of one image."""

    outputs: list[str] = field(default_factory=list[str])
    not_compared: list[str] = field(default_factory=list[str])
    samples: int = 0
    differing: int = 0
    largest: float = 0.0
    first: Difference | None = None


def of_image(
    image: int, expected: Outputs | Exception, got: Outputs | Exception
) -> OfImage:
    """Compares the outputs of an image, of which one at most is a refusal."""
    figures = OfImage()
    for who, result in [("the processor", expected), ("pixelflume", got)]:
        if isinstance(result, Exception):
            reason = f"{who} alone refuses the image: {result}"
            figures.first = Difference(image, "", reason)
    if isinstance(expected, Exception) or isinstance(got, Exception):
        return figures
    pairs = _pairs(expected, got)
    figures.outputs = list(pairs)
    theirs, ours = set(expected), set(got)
    if len(pairs) == 1 and len(theirs) == len(ours) == 1:
        theirs = ours
    figures.not_compared = sorted((theirs ^ ours) - {"tiles", "global_image"})
    for name, (theirs_, ours_) in pairs.items():
        _add(figures, image, name, theirs_, ours_)
    return figures


def grid_thw(rows_and_columns: tuple[int, int]) -> Array:
    """The rows and columns of patches as `image_grid_thw` of transformers."""
    import numpy

    return numpy.asarray([1, *rows_and_columns])


def _pairs(expected: Outputs, got: Outputs) -> dict[str, tuple[Array, Array]]:
    """The arrays that stand for one another, with the processor's names."""
    import numpy

    if "tiles" in got and "pixel_values" in expected:
        # The library's values are the tiles, then the image in one tile.
        shape = expected["pixel_values"].shape[1:]
        parts = [got["tiles"], got["global_image"]]
        if all(part.size % max(int(numpy.prod(shape)), 1) == 0 for part in parts):
            parts = [part.reshape(-1, *shape) for part in parts]
            got = {**got, "pixel_values": numpy.concatenate(parts)}
    if len(expected) == len(got) == 1:
        (name,), (theirs,), (ours,) = expected, expected.values(), got.values()
        return {name: (theirs, ours)}
    pairs = {name: (expected[name], got[name]) for name in expected if name in got}
    if not pairs:
        raise ValueError(
            f"the processor has the outputs {', '.join(expected)}, the pipeline "
            f"{', '.join(got)}; give the pipeline's outputs the processor's names"
        )
    return pairs


def _add(figures: OfImage, image: int, name: str, expected: Array, got: Array) -> None:
    """Adds one output of an image to its figures."""
    import numpy

    if expected.shape != got.shape and _squeezed(expected) == _squeezed(got):
        # Axes of length 1 are a matter of form: rows of patches are images of one
        # channel, a processor of one tile has an axis of tiles.
        got = got.reshape(expected.shape)
    kinds = [array.dtype.kind in "iub" for array in (expected, got)]
    reason = None
    if expected.shape != got.shape:
        reason = f"the shape is {got.shape}, expected {expected.shape}"
    elif not all(kinds) and expected.dtype != got.dtype:
        reason = f"samples are {got.dtype}, expected {expected.dtype}"
    if reason is not None:
        figures.first = figures.first or Difference(image, name, reason)
        return
    unequal = expected != got if all(kinds) else _bits(expected) != _bits(got)
    count = int(numpy.count_nonzero(unequal))
    figures.samples += expected.size
    figures.differing += count
    if count == 0:
        return
    distances = numpy.abs(
        expected[unequal].astype(numpy.float64) - got[unequal].astype(numpy.float64)
    )
    largest = float(distances.max())
    figures.largest = max(figures.largest, largest)
    if figures.first is None:
        position = tuple(int(axis[0]) for axis in numpy.nonzero(unequal))
        reason = _reason(expected, got, position, count, largest)
        values = float(expected[position]), float(got[position])
        figures.first = Difference(image, name, reason, position, *values)


def _reason(
    expected: Array, got: Array, position: tuple[int, ...], count: int, largest: float
) -> str:
    """The text for a sample that differs."""
    axes = _AXES.get(expected.ndim, ())
    if expected.ndim == 3 and expected.shape[2] in (1, 3, 4) != expected.shape[0]:
        axes = ("y", "x", "channel")
    named = zip(axes, position, strict=True) if axes else enumerate(position)
    place = ", ".join(f"{axis} {index}" for axis, index in named)
    values = (_sample(array[position]) for array in (got, expected))
    got_text, expected_text = values
    share = 100.0 * count / expected.size
    return (
        f"{place}: {got_text}, expected {expected_text}; {count:,} of "
        f"{expected.size:,} samples of the output ({share:.3g} %) differ, at most by "
        f"{largest:.6g}"
    )


def _sample(value: Any) -> str:
    """A sample as text, with its bits if it is a floating point number."""
    if value.dtype.kind != "f":
        return str(value)
    digits = 2 * value.dtype.itemsize
    return f"{value} (0x{int(_bits(value.reshape(1))[0]):0{digits}x})"


def _bits(array: Array) -> Array:
    """The samples as unsigned integers."""
    import numpy

    contiguous = numpy.ascontiguousarray(array)
    return contiguous.view(f"u{array.dtype.itemsize}")


def _squeezed(array: Array) -> tuple[int, ...]:
    return tuple(length for length in array.shape if length != 1)


_LAST_BITS = (
    "only the last bits differ: the normalization does its operations in another "
    "order; `like` of the operator normalize names the order"
)
_LEVELS = (
    "differences of about a level: the resize has the arithmetic of another library, "
    "version or device (`like` of the operator resample)"
)
_LARGE = (
    "large differences: another filter or size, a resize without antialiasing, or "
    "another mean and deviation"
)


def signs(first: Difference, expected: Outputs, got: Outputs) -> list[str]:
    """What the look of the samples says about a difference, as lines of text."""
    import numpy

    if first.position is None:
        return _signs_of_form(first.reason)
    theirs, ours = _pairs(expected, got)[first.output]
    theirs, ours = (array.astype(numpy.float64) for array in (theirs, ours))
    ours = ours.reshape(theirs.shape)
    for axis, axis_name in enumerate(_AXES.get(theirs.ndim, ())):
        channels = axis_name == "channel" or theirs.shape[axis] in (3, 4)
        if channels and numpy.array_equal(numpy.flip(ours, axis), theirs):
            return ["the channels stand in the other order: RGB and BGR"]
    distances = numpy.abs(theirs - ours)
    relative = distances / numpy.maximum(numpy.abs(theirs), 1e-3)
    scale = float(numpy.abs(theirs).max()) / max(float(numpy.abs(ours).max()), 1e-30)
    if float(relative.max()) < 1e-5:
        return [_LAST_BITS]
    if any(abs(scale / ratio - 1) < 0.02 for ratio in (255, 1 / 255)):
        return ["samples of 0 to 255 on one side, of 0 to 1 on the other"]
    levels = numpy.diff(numpy.unique(theirs))
    level = float(numpy.median(levels)) if levels.size else 1.0
    # The channels of normalized samples have levels of their own, interleaved.
    near = float(numpy.median(distances[distances > 0])) < 6 * level
    return [_LEVELS if near else _LARGE]


def _signs_of_form(reason: str) -> list[str]:
    """What a difference of shape or type probably comes from."""
    if reason.startswith("the shape"):
        return ["another size, crop or layout (channels first or last)"]
    if reason.startswith("samples are"):
        return ["another `sample` of the last operator (dtype= in Python)"]
    return []

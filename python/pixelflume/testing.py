"""Comparison of a pipeline with the processor of another library, bit for bit.

`assert_equal_to` is for tests: it runs an image processor of transformers or a
transform of torchvision beside a pipeline, over the same images, and raises
`AssertionError` with the first difference. `compare` returns the figures instead.

    import pixelflume.testing
    from transformers import AutoImageProcessor

    processor = AutoImageProcessor.from_pretrained("openai/clip-vit-base-patch32")
    pixelflume.testing.assert_equal_to(processor, ["cat.jpg", "dog.png"])
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pixelflume import _difference
from pixelflume._difference import Difference
from pixelflume._native import Error
from pixelflume._reference import Image, Reference, image_of

if TYPE_CHECKING:
    from pixelflume._difference import Outputs
    from pixelflume._pipeline import Pipeline

__all__ = ["Comparison", "Difference", "assert_equal_to", "compare"]

# Images of a call of the pipeline: several, so that batches of mixed sizes are
# compared too, and few, since the outputs of some processors have 13 MB an image.
_BATCH = 8


@dataclass
class Comparison:
    """The figures of a comparison of a library's processor with a pipeline.

    `str(comparison)` is a report of some lines.
    """

    reference: str
    """What the pipeline was compared with: class, backend and versions."""
    pipeline: str
    """What the pipeline says that it equals, or its name."""
    images: int = 0
    """Number of images."""
    refused: int = 0
    """Images that both refused, for example those that are too small."""
    differing_images: int = 0
    """Images of which some output differs, or that only one of both refused."""
    samples: int = 0
    """Samples of all outputs that were compared."""
    differing: int = 0
    """Samples with other bits."""
    largest: float = 0.0
    """Largest absolute difference of two samples."""
    outputs: list[str] = field(default_factory=list[str])
    """Names of the outputs that were compared."""
    not_compared: list[str] = field(default_factory=list[str])
    """Names of outputs that only one of both has."""
    first: Difference | None = None
    """The first difference, `None` where everything is equal."""
    likely: list[str] = field(default_factory=list[str])
    """What the first difference probably comes from."""

    @property
    def equal(self) -> bool:
        """Whether every sample of every output has the same bits."""
        return self.first is None

    def __str__(self) -> str:
        """The report: the first difference, the figures, and what is likely."""
        lines = [f"pixelflume ({self.pipeline}) beside {self.reference}:"]
        counted = (
            f"{self.images} images, {self.refused} of them refused by both; "
            f"outputs {', '.join(self.outputs) or 'none'}: {self.samples:,} samples"
        )
        if self.first is None:
            lines.append(f"equal in every bit: {counted}")
        else:
            share = 100.0 * self.differing / max(self.samples, 1)
            lines.append(f"first difference: {self.first}")
            lines.append(
                f"in all {self.differing_images} of {counted}, {self.differing:,} "
                f"({share:.3g} %) differ, at most by {self.largest:.6g}"
            )
            lines.extend(f"likely: {line}" for line in self.likely)
        if self.not_compared:
            lines.append(f"not compared: {', '.join(self.not_compared)}")
        return "\n  ".join(lines)


def compare(
    processor: Any,
    images: Any,
    *,
    pipeline: Pipeline | None = None,
    device: str | None = None,
) -> Comparison:
    """Runs a processor of another library and a pipeline over the same images.

    Args:
        processor: An image processor of transformers (slow or fast, of version 4
            or 5; of a processor with a tokenizer, its image processor), a transform
            of torchvision (v1 or v2, a `Compose`, the `transforms()` of weights), or
            any function from an image of PIL to an array, a tensor, or a dictionary
            of these (then `pipeline` is needed).
        images: One image or an iterable of images: paths, images of PIL, NumPy
            arrays (height, width, 3) or tensors of torch (3, height, width), of
            8-bit samples. Files are decoded by Pillow, without their orientation,
            and both get the same RGB samples, so that decoders are not compared.
            Both get tensors of torch as tensors, which lets a library take its
            arithmetic for tensors and, for those on a GPU, the one for GPUs.
        pipeline: The pipeline. Without it, it is made from the processor: by
            `pixelflume.processor` from the configuration of transformers, with the
            backend of the processor; from torchvision's steps, operator by operator.
        device: Where the pipeline is executed; see `Pipeline.__call__`. The bits
            depend on it no more than those of any pipeline: not at all.

    Returns:
        The figures. Outputs are compared by name; where both have one output, their
        names do not matter. The pipeline gets the images in batches of 8, the
        processor one by one.

    Raises:
        ValueError: There is no image; no pipeline can be made of the processor; or no
            output of the two has the same name.
        TypeError: The processor is none of those above.
        pixelflume.Error: The configuration or the device is refused.

    >>> import numpy, pixelflume
    >>> pipeline = pixelflume.Pipeline().crop(x=1, y=0, width=3, height=2)
    >>> noise = numpy.random.default_rng(1).integers(0, 256, (4, 5, 3), "uint8")
    >>> figures = compare(lambda image: image.crop((1, 0, 4, 2)), noise,
    ...                   pipeline=pipeline, device="host")
    >>> figures.equal, figures.samples
    (True, 18)
    """
    pairs = _images(images)
    head = next(pairs, None)
    if head is None:
        raise ValueError("there is no image to compare; give at least one")
    reference = Reference.of(processor, head)
    made = reference.pipeline() if pipeline is None else pipeline
    figures = Comparison(reference.description, _title(made))
    for chunk in _chunks(itertools.chain([head], pairs)):
        for image, got in zip(chunk, _ours(made, chunk, device), strict=True):
            expected = reference(image)
            before = figures.first
            _add(figures, expected, got)
            if figures.first is not before:
                alternatives = reference.alternatives(given=pipeline is not None)
                figures.likely = _likely(
                    figures.first, image, expected, got, alternatives, device
                )
    return figures


def assert_equal_to(
    processor: Any,
    images: Any,
    *,
    pipeline: Pipeline | None = None,
    device: str | None = None,
) -> None:
    """Raises `AssertionError` unless a pipeline equals a processor in every bit.

    The arguments are those of `compare`. The text of the error has the first
    difference (image, output, position, both samples and their bits), how many
    samples differ and by how much at most, and what the difference probably comes
    from: other backends of the processor are tried.

    >>> import numpy, pixelflume
    >>> noise = numpy.random.default_rng(1).integers(0, 256, (4, 5, 3), "uint8")
    >>> pipeline = pixelflume.Pipeline().flip(axis="vertical")
    >>> assert_equal_to(lambda image: image.transpose(1), noise,
    ...                 pipeline=pipeline, device="host")
    """
    figures = compare(processor, images, pipeline=pipeline, device=device)
    if not figures.equal:
        raise AssertionError(str(figures))


def _images(images: Any) -> Iterator[Image]:
    """The images of an argument, one by one."""
    single = isinstance(images, (str, bytes)) or hasattr(images, "__fspath__")
    if single or not isinstance(images, Iterable) or getattr(images, "ndim", 0) == 3:
        images = [images]
    return (image_of(index, image) for index, image in enumerate(images))


def _chunks(images: Iterator[Image]) -> Iterator[list[Image]]:
    while chunk := list(itertools.islice(images, _BATCH)):
        yield chunk


def _title(pipeline: Pipeline) -> str:
    """What a pipeline equals, or its name."""
    return getattr(pipeline, "equals", None) or f"pipeline {pipeline.name!r}"


def _ours(
    pipeline: Pipeline, images: list[Image], device: str | None
) -> list[Outputs | Exception]:
    """The outputs of a pipeline for each image, or why it was refused."""
    try:
        batch = pipeline([image.ours for image in images], device=device)
        arrays = {name: _arrays(batch[name]) for name in batch.outputs}
    except Error as error:
        if len(images) == 1:
            return [error]
        # One image that is refused fails its batch.
        return [_ours(pipeline, [image], device)[0] for image in images]
    outputs: list[Outputs | Exception] = []
    for place, image in enumerate(images):
        own = {name: array[place] for name, array in arrays.items()}
        grid = getattr(pipeline, "grid", None)
        rows_and_columns = None if grid is None else grid(image.height, image.width)
        if rows_and_columns is not None:
            own["image_grid_thw"] = _difference.grid_thw(rows_and_columns)
        outputs.append(own)
    return outputs


def _arrays(output: Any) -> Any:
    """The arrays of an output by image; images of several sizes are a list."""
    if isinstance(output, list):
        return [tensor.numpy() for tensor in output]
    return output.numpy()


def _add(
    figures: Comparison, expected: Outputs | Exception, got: Outputs | Exception
) -> None:
    """Adds the results of one image to the figures."""
    image = figures.images
    figures.images += 1
    if isinstance(expected, Exception) and isinstance(got, Exception):
        figures.refused += 1
        return
    compared = _difference.of_image(image, expected, got)
    for known, names in [
        (figures.outputs, compared.outputs),
        (figures.not_compared, compared.not_compared),
    ]:
        known.extend(name for name in names if name not in known)
    figures.samples += compared.samples
    figures.differing += compared.differing
    figures.largest = max(figures.largest, compared.largest)
    figures.differing_images += compared.first is not None
    figures.first = figures.first or compared.first


def _likely(
    first: Difference | None,
    image: Image,
    expected: Outputs | Exception,
    got: Outputs | Exception,
    alternatives: Iterator[tuple[str, Pipeline]],
    device: str | None,
) -> list[str]:
    """What the first difference probably comes from."""
    lines: list[str] = []
    for what, other in alternatives:
        (outputs,) = _ours(other, [image], device)
        if isinstance(outputs, Exception) or isinstance(expected, Exception):
            continue
        if _difference.of_image(0, expected, outputs).first is None:
            lines.append(what)
    if first is None or isinstance(expected, Exception) or isinstance(got, Exception):
        return lines
    return lines + _difference.signs(first, expected, got)

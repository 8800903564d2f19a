"""Processors of other libraries, as functions from an image to named arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixelflume import _torchvision
from pixelflume._native import Error
from pixelflume._processor import processor as make_processor

if TYPE_CHECKING:
    from pixelflume._difference import Outputs
    from pixelflume._pipeline import Pipeline

# All backends of processors of transformers and torchvision, as in docs/processors.md.
_BACKENDS = ("torchvision", "pillow12", "pillow13", "torch_cuda")


@dataclass(frozen=True)
class Image:
    """An image in the two forms in which the libraries take it."""

    ours: Any
    """Interleaved RGB samples: an array or a tensor (height, width, 3)."""
    theirs: Any
    """An image of PIL, or a tensor of torch (3, height, width)."""
    width: int
    height: int

    @property
    def is_tensor(self) -> bool:
        """Whether the library gets a tensor, which it resizes by other arithmetic."""
        return hasattr(self.theirs, "is_cuda")

    @property
    def is_cuda(self) -> bool:
        """Whether the samples are on a GPU."""
        return bool(getattr(self.theirs, "is_cuda", False))


def image_of(index: int, image: Any) -> Image:
    """Reads an image: a path, an image of PIL, an array or a tensor of torch."""
    import numpy
    from PIL import Image as Pillow

    if hasattr(image, "is_cuda"):
        if image.ndim != 3 or image.shape[0] != 3 or "uint8" not in str(image.dtype):
            raise ValueError(
                f"image {index} is a tensor of shape {tuple(image.shape)} and "
                f"{image.dtype}; tensors have the shape (3, height, width) and uint8"
            )
        ours = image.permute(1, 2, 0).contiguous()
        return Image(ours, image, image.shape[2], image.shape[1])
    if isinstance(image, (str, os.PathLike)):
        with Pillow.open(image) as file:
            theirs = file.convert("RGB")
    elif isinstance(image, Pillow.Image):
        theirs = image.convert("RGB")
    else:
        array = numpy.asarray(image)
        if array.ndim != 3 or array.shape[2] != 3 or array.dtype != numpy.uint8:
            raise ValueError(
                f"image {index} is of type {type(image).__name__}, shape {array.shape} "
                f"and {array.dtype}; arrays have the shape (height, width, 3) and uint8"
            )
        theirs = Pillow.fromarray(array)
    return Image(numpy.asarray(theirs), theirs, theirs.width, theirs.height)


class Reference:
    """A processor of another library, and the pipelines that can be made of it."""

    def __init__(
        self,
        run: Callable[[Any], Any],
        description: str,
        pipelines: Callable[[Any], Pipeline] | None,
        backend: str | None,
    ) -> None:
        self.description = description
        self._run = run
        self._pipelines = pipelines
        self._backend = backend

    @classmethod
    def of(cls, processor: Any, image: Image) -> Reference:
        """The reference for a processor, for images of the kind of `image`."""
        # A processor with a tokenizer has one for images.
        processor = getattr(processor, "image_processor", processor)
        name = type(processor).__name__
        if hasattr(processor, "to_json_string"):
            backend = _backend_of_transformers(processor, image)
            text = processor.to_json_string()
            return cls(
                _of_transformers(processor),
                f"{name} of transformers, {_versions('transformers', backend)}",
                lambda backend: make_processor(text, backend=backend),
                backend,
            )
        if _torchvision.is_transform(processor):
            backend = _torchvision.backend(processor, image.theirs, pillow_backend())
            return cls(
                processor,
                f"{name} of torchvision, {_versions('torchvision', backend)}",
                lambda backend: _torchvision.pipeline(processor, backend),
                backend,
            )
        if not callable(processor):
            raise TypeError(
                f"the processor is of type {name}; give an image processor of "
                "transformers, a transform of torchvision, or a function"
            )
        return cls(processor, getattr(processor, "__qualname__", name), None, None)

    def pipeline(self) -> Pipeline:
        """The pipeline that repeats the processor."""
        if self._pipelines is None:
            raise ValueError(
                f"no pipeline can be made of {self.description}; give pipeline=..."
            )
        return self._pipelines(self._backend)

    def alternatives(self, *, given: bool) -> Iterator[tuple[str, Pipeline]]:
        """Other pipelines for the same processor, and what it means if one equals."""
        if self._pipelines is None:
            return
        own = (
            f"pipeline= differs, but the pipeline that is made of the processor is "
            f"equal (backend {self._backend}); compare the two by to_toml()"
        )
        other = "backend {} is equal, so that the library resizes by its arithmetic"
        for backend in _BACKENDS:
            if backend == self._backend and not given:
                continue
            try:
                pipeline = self._pipelines(backend)
            except (Error, ValueError):
                # The library does not have the backend, or not this filter in it.
                continue
            what = own if backend == self._backend else other.format(backend)
            yield what, pipeline

    def __call__(self, image: Image) -> Outputs | Exception:
        """The outputs for an image without the axis of the batch, or the refusal."""
        try:
            return _named(self._run(image.theirs))
        except (ValueError, RuntimeError, ZeroDivisionError) as error:
            return error


def pillow_backend() -> str:
    """The backend that names the arithmetic of the Pillow that is installed."""
    import PIL

    return "pillow13" if int(PIL.__version__.split(".")[0]) >= 13 else "pillow12"


def _backend_of_transformers(processor: Any, image: Image) -> str:
    """The backend of an image processor of transformers."""
    backend = getattr(processor, "backend", None)
    if backend is None:
        # Version 4: classes whose name ends in Fast use torchvision, others Pillow.
        fast = type(processor).__name__.endswith("Fast")
        backend = "torchvision" if fast else "pil"
    if backend != "torchvision":
        return pillow_backend()
    return "torch_cuda" if image.is_cuda else "torchvision"


def _of_transformers(processor: Any) -> Callable[[Any], Any]:
    """The processor as a function from an image to the outputs of the image."""

    def run(image: Any) -> dict[str, Any]:
        tensors = "pt" if hasattr(image, "is_cuda") else "np"
        outputs = processor(images=image, return_tensors=tensors)
        # Rows of patches have no axis of the batch.
        patches = len(outputs["pixel_values"].shape) == 2
        return {
            name: value if patches and name == "pixel_values" else value[0]
            for name, value in outputs.items()
        }

    return run


def _named(result: Any) -> Outputs:
    """What a processor returns as arrays with names."""
    import numpy

    outputs = result if isinstance(result, Mapping) else {"output": result}
    arrays: Outputs = {}
    for name, value in outputs.items():
        tensor = hasattr(value, "is_cuda")
        array = numpy.asarray(value.detach().cpu() if tensor else value)
        # 8-bit samples are interleaved here; tensors of torchvision are planar.
        planar = tensor and array.dtype == numpy.uint8 and array.ndim == 3
        arrays[name] = array.transpose(1, 2, 0) if planar else array
    return arrays


def _versions(library: str, backend: str | None) -> str:
    """The backend and the versions of the libraries that compute the samples."""
    from importlib.metadata import PackageNotFoundError, version

    # Without a name it is the arithmetic of torch for tensors in f32.
    under = ["pillow"] if (backend or "").startswith("pillow") else ["torch"]
    between = ["torchvision"] if backend == "torchvision" else []
    found: list[str] = []
    for package in dict.fromkeys([library, *between, *under]):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} of unknown version")
    return f"backend {backend or 'of f32 tensors'} ({', '.join(found)})"

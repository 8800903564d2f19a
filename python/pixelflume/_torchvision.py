"""Pipelines that repeat transforms of torchvision, step by step.

A transform computes the same step in several ways: on images of PIL by Pillow, on
8-bit tensors in integers on CPUs and in f32 on GPUs. So what a pipeline has to repeat
depends on what the transform is given, and on the steps that turn one into another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelflume._pipeline import Pipeline

# Integers that stand for the filters, as in Pillow.
_FILTERS = {1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
_PADDING: dict[str, Any] = {
    "constant": "constant",
    "edge": "replicate",
    "reflect": "reflect_101",
}


def is_transform(transform: Any) -> bool:
    """Whether a value is a transform of torchvision, or a sequence of them."""
    if type(transform).__module__.startswith("torchvision."):
        return True
    parts = list(transform) if type(transform).__name__ == "Sequential" else []
    return bool(parts) and all(is_transform(part) for part in parts)


def backend(transform: Any, image: Any, pillow: str) -> str | None:
    """The backend of the first resize of a transform, for images of a kind.

    `image` is an image of PIL or a tensor; `pillow` is the backend of Pillow. There is
    none, `None`, where torchvision's v1 resizes a tensor: it does so in f32, on CPUs
    with other roundings than on GPUs.
    """
    tensor = hasattr(image, "is_cuda")
    for step in _steps(transform):
        if step.name in ("ToTensor", "PILToTensor", "ToImage"):
            tensor = True
        elif step.name == "Resize":
            if tensor and not step.is_v2:
                return None
            break
    if not tensor:
        return pillow
    return "torch_cuda" if getattr(image, "is_cuda", False) else "torchvision"


def pipeline(transform: Any, backend: str | None) -> Pipeline:
    """The pipeline that repeats a transform whose resizes have a backend.

    The input is an interleaved 8-bit RGB image, and there is one output. Floating point
    samples are f32 and planar.

    Raises:
        ValueError: A step is random, is none that an operator equals, or there is no
            backend.
    """
    from pixelflume._pipeline import Pipeline

    if backend is None:
        raise ValueError(
            "torchvision's transforms (v1) resize tensors in f32: no pipeline is "
            "equal. Give images of PIL, or use torchvision.transforms.v2, whose result "
            "a pipeline equals; with pipeline=... the differences are shown"
        )
    translation = _Translation(Pipeline(), backend)
    for step in _steps(transform):
        translation.add(step)
    return translation.finish()


@dataclass(frozen=True)
class _Step:
    """One step: a transform that is no sequence, and its parameters."""

    name: str
    parameters: dict[str, Any]
    is_v2: bool


def _steps(transform: Any) -> Iterator[_Step]:
    """The steps of a transform, with those of sequences within it."""
    name = type(transform).__name__
    if name == "ImageClassification":
        # The steps of its `forward`, all of v1.
        resize = {
            "size": transform.resize_size,
            "interpolation": transform.interpolation,
            "antialias": transform.antialias,
        }
        yield _Step("Resize", resize, False)
        yield _Step("CenterCrop", {"size": transform.crop_size}, False)
        yield _Step("ToTensor", {}, False)
        statistics = {"mean": transform.mean, "std": transform.std}
        yield _Step("Normalize", statistics, False)
        return
    if name in ("Compose", "Sequential"):
        parts: Sequence[Any] = getattr(transform, "transforms", transform)
        for part in parts:
            yield from _steps(part)
        return
    if not is_transform(transform):
        raise ValueError(
            f"the step {name} is none of torchvision; give pipeline=... with an "
            "operator that does the same"
        )
    is_v2 = type(transform).__module__.startswith("torchvision.transforms.v2")
    yield _Step(name, vars(transform), is_v2)


class _Translation:
    """A pipeline to which the steps of a transform are added."""

    def __init__(self, pipeline: Pipeline, backend: str) -> None:
        self._pipeline = pipeline
        # Operators check the names that they get: types as `Any` let them pass.
        self._backend: Any = backend
        # The convention by which 8-bit samples become numbers of 0 to 1, from the
        # step that says so until the operator that does it.
        self._to_float: Any = None
        self._is_float = False

    def add(self, step: _Step) -> None:
        """Adds the operator of a step."""
        method = getattr(self, f"_{step.name}", None)
        if method is None:
            raise ValueError(
                f"no operator is equal to torchvision's {step.name}, or it is random; "
                "give pipeline=... for a comparison with a pipeline of your own"
            )
        method(step)

    def finish(self) -> Pipeline:
        """The pipeline of all steps that were added."""
        self._flush()
        return self._pipeline

    def _flush(self) -> None:
        """Adds the conversion to numbers of 0 to 1, if there is one to add."""
        if self._to_float is not None:
            self._pipeline = self._pipeline.to_float(like=self._to_float, layout="chw")
            self._to_float = None

    def _expect_bytes(self, name: str) -> None:
        if self._is_float:
            raise ValueError(
                f"{name} behind the conversion to floating point numbers: operators "
                "resize 8-bit samples; put the conversion behind it"
            )

    def _Resize(self, step: _Step) -> None:
        self._expect_bytes(step.name)
        chosen: Any = step.parameters["interpolation"]
        chosen = getattr(chosen, "value", chosen)
        chosen = _FILTERS.get(chosen, chosen)
        if chosen not in _FILTERS.values():
            raise ValueError(f"no operator is equal to a Resize with {chosen!r}")
        pillow = self._backend.startswith("pillow")
        if not pillow and step.parameters.get("antialias") is not True:
            raise ValueError(
                "Resize(antialias=False) of tensors: no operator is equal; "
                "pass antialias=True"
            )
        size, longest = step.parameters["size"], step.parameters.get("max_size")
        edges = [size] if isinstance(size, int) else list(size or ())
        form: dict[str, Any]
        if len(edges) == 2:
            form = {"height": edges[0], "width": edges[1]}
        elif len(edges) == 1:
            form = {"shortest_edge": edges[0]}
            form |= {} if longest is None else {"max_size": longest}
        else:
            raise ValueError("no operator is equal to Resize(size=None, max_size=...)")
        self._pipeline = self._pipeline.resample(
            like=self._backend, filter=chosen, **form
        )

    def _CenterCrop(self, step: _Step) -> None:
        self._flush()
        size = step.parameters["size"]
        edges = [size] if isinstance(size, int) else list(size)
        self._pipeline = self._pipeline.center_crop(
            height=edges[0], width=edges[-1], like="torchvision"
        )

    def _Pad(self, step: _Step) -> None:
        self._flush()
        padding, mode = step.parameters["padding"], step.parameters["padding_mode"]
        sides = [padding] if isinstance(padding, int) else list(padding)
        if mode not in _PADDING or isinstance(step.parameters["fill"], dict):
            raise ValueError(
                f"no operator is equal to Pad with padding_mode={mode!r} and "
                f"fill={step.parameters['fill']!r}"
            )
        # One number for all sides; left and right, top and bottom; or all four.
        left, top, right, bottom = (sides * 4)[:4]
        fill = step.parameters["fill"] or 0
        self._pipeline = self._pipeline.pad(
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            mode=_PADDING[mode],
            value=fill if isinstance(fill, (int, float)) else list(fill),
        )

    def _ToImage(self, step: _Step) -> None:
        """The samples stay as they are."""

    _PILToTensor = _ToImage

    def _ToTensor(self, step: _Step) -> None:
        if not self._is_float:
            self._to_float, self._is_float = "torchvision", True

    def _ToDtype(self, step: _Step) -> None:
        dtype = str(step.parameters["dtype"])
        scaled = step.name == "ConvertImageDtype" or step.parameters["scale"]
        if dtype == "torch.uint8" and not self._is_float:
            return
        if dtype != "torch.float32" or not scaled:
            raise ValueError(
                f"no operator is equal to {step.name} to {dtype} with scale={scaled}; "
                "torch.float32 with scale=True is known"
            )
        if not self._is_float:
            # v1 divides by 255, v2 multiplies by the nearest number to 1/255.
            like = "torchvision_v2" if step.is_v2 else "torchvision"
            self._to_float, self._is_float = like, True

    _ConvertImageDtype = _ToDtype

    def _Normalize(self, step: _Step) -> None:
        if self._to_float is None:
            raise ValueError(
                "Normalize that does not follow a conversion of 8-bit samples to "
                "floating point numbers: no operator is equal"
            )
        self._pipeline = self._pipeline.normalize(
            mean=[float(value) for value in step.parameters["mean"]],
            std=[float(value) for value in step.parameters["std"]],
            like=self._to_float,
            layout="chw",
        )
        self._to_float = None

    def _Identity(self, step: _Step) -> None:
        """Nothing is done."""

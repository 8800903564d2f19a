"""Processors: pipelines that prepare images for a model as a library does."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pixelflume import _native
from pixelflume._native import PipelineError
from pixelflume._node import nodes_of
from pixelflume._pipeline import Pipeline

Backend: TypeAlias = Literal[
    "torchvision", "pillow12", "pillow13", "torch_cuda", "opencv"
]
"""The code that computes the pixels of a processor's library."""

MAX_FILE_BYTES = 1 << 20
"""The most bytes of the file of a processor."""


class Processor(Pipeline):
    """A pipeline whose results equal those of a library in every bit.

    Its methods that add operators give a plain `Pipeline`.

    Example:
        >>> import pixelflume as pf
        >>> clip = pf.processor("clip")
        >>> clip.outputs
        ('pixel_values',)
        >>> clip.equals.split(",")[0]
        'transformers 5.23.0'
    """

    __slots__ = ("_processor", "_source")

    _processor: _native.Processor
    _source: tuple[Any, ...]

    @property
    def equals(self) -> str:
        """The library, its version and backend whose results the processor equals.

        They are equal in every bit of f32 samples; f16 and bf16 are these, rounded to
        nearest even.
        """
        return self._processor.equals

    def grid(self, height: int, width: int) -> tuple[int, int] | None:
        """Rows and columns of the patches or tiles of an image of this size.

        `None` for a processor without patches and tiles. `image_grid_thw` of Qwen2-VL is
        `[1, rows, columns]`.

        Example:
            >>> import pixelflume as pf
            >>> pf.processor("qwen2_vl").grid(480, 640)
            (34, 46)
        """
        return self._processor.grid(height, width)

    def to_toml(self) -> str:
        """The text of a pipeline file, which says at its head what the pipeline equals."""
        return self._processor.to_toml()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_made, self._source)


def _made(
    text: str,
    is_json: bool,
    class_name: str | None,
    backend: str | None,
    dtype: str | None,
    layout: str | None,
) -> Processor:
    source = (text, is_json, class_name, backend, dtype, layout)
    native = _native.Processor(*source)
    graph = native.graph
    nodes = nodes_of(graph)
    outputs = tuple((name, nodes[name]) for name in graph.outputs)
    made = Processor.__new__(Processor)
    made._set(outputs, graph.name, graph.fusion, graph.decode, graph)
    made._processor = native
    made._source = source
    return made


def processor(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    backend: Backend | None = None,
    dtype: Literal["f32", "f16", "bf16"] | None = None,
    layout: Literal["chw", "hwc"] | None = None,
    class_name: str | None = None,
) -> Processor:
    """Makes the pipeline that prepares images for a model as its library does.

    Args:
        source: The path of a `preprocessor_config.json` or `processor_config.json`, or
            of a folder that has one; its content as a dictionary or as JSON text; or a
            name of `pixelflume.processor_names()`.
        backend: The code of the library whose results are repeated; without it the
            default of the library.
        dtype: The type of the results' samples, f32 without it.
        layout: Whether the results are planar (`"chw"`, the default) or interleaved.
        class_name: The image processor of transformers, for a file that does not name
            its own.

    Raises:
        PipelineError: The source is unknown, or has a key or value that the class does
            not have. Nothing is ignored but keys that change no pixel.

    Example:
        >>> import pixelflume as pf
        >>> vit = {"image_processor_type": "ViTImageProcessor", "size": 384}
        >>> p = pf.processor(vit, dtype="bf16")
        >>> p.shapes((480, 640, 3))["pixel_values"].array_shape
        (3, 384, 384)
    """
    text, is_json = _text_of(source)
    return _made(text, is_json, class_name, backend, dtype, layout)


def processor_names() -> tuple[str, ...]:
    """The names that `processor` takes.

    Example:
        >>> import pixelflume as pf
        >>> "clip" in pf.processor_names()
        True
    """
    return tuple(_native.Processor.names())


def _text_of(source: object) -> tuple[str, bool]:
    """The JSON text of a source, or its name, and whether it is JSON text."""
    if isinstance(source, Mapping):
        return json.dumps(dict(source)), True
    if isinstance(source, str):
        if source.lstrip().startswith("{"):
            return source, True
        is_path = source.endswith(".json") or os.sep in source or "/" in source
        if not is_path:
            return source, False
    elif not isinstance(source, os.PathLike):
        raise PipelineError(
            "the source of a processor is a path, a name, a dictionary or JSON text, "
            f"not {type(source).__name__}"
        )
    return _read(os.fspath(source)), True


def _read(path: str | bytes) -> str:
    """The text of a processor's file."""
    shown = os.fsdecode(path)
    if os.path.isdir(path):
        names = ("preprocessor_config.json", "processor_config.json")
        files = [os.path.join(shown, name) for name in names]
        found = [file for file in files if os.path.isfile(file)]
        if not found:
            raise PipelineError(f"{shown}: the folder has no {' and no '.join(names)}")
        path = shown = found[0]
    if not os.path.isfile(path):
        raise PipelineError(
            f"{shown}: there is no such file; nothing is downloaded: for a model of the "
            "Hugging Face Hub, give the path that huggingface_hub.hf_hub_download returns "
            "for its preprocessor_config.json"
        )
    with open(path, encoding="utf-8") as file:
        try:
            text = file.read(MAX_FILE_BYTES + 1)
        except UnicodeDecodeError as error:
            raise PipelineError(f"{shown}: the file is no text: {error}") from None
    return text

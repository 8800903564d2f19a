"""Pipelines: checked graphs of operators, to be called with images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pixelflume import _native
from pixelflume._custom import CustomOperator
from pixelflume._inspection import Inspection
from pixelflume._native import Graph, Operator, PipelineError
from pixelflume._node import (
    DecodeTuple,
    Node,
    graph_of,
    node,
    nodes_of,
    only_node,
)
from pixelflume._operators import Operators

if TYPE_CHECKING:
    from pixelflume._native import Batch, Executor
    from pixelflume._stream import Shards, Stream

_NOT_GIVEN: Any = object()


class Pipeline(Inspection, Operators):
    """A graph of operators over images; call it with images to execute it.

    A pipeline is immutable: each method gives a new one with one more operator. Threads
    may share it. It can be pickled, compared, and written as the text of a pipeline file.

    Args:
        name: Name of the pipeline, for messages and files.
        input: Name of its input.
        fusion: Whether nodes that follow one another may become one launch. That
            changes no result.

    Example:
        >>> import pixelflume as pf
        >>> p = pf.Pipeline().resize(256).center_crop(224)
        >>> p
        Pipeline 'pipeline'
          input       = (input)
          resize      = resize(input, width=256, height=256)
          center_crop = center_crop(resize, width=224, height=224)  -> output
        >>> p.shapes((480, 640, 3))["center_crop"].array_shape
        (224, 224, 3)
    """

    __slots__ = (
        "__weakref__",
        "_executor",
        "_fusion",
        "_decode",
        "_graph",
        "_name",
        "_outputs",
        "_plan",
    )

    _outputs: tuple[tuple[str | None, Node], ...]
    _name: str
    _fusion: bool
    _decode: DecodeTuple | None
    _graph: Graph | None
    _executor: Executor | None

    def __init__(
        self, name: str = "pipeline", *, input: str = "input", fusion: bool = True
    ) -> None:
        self._set(((None, node(None, (), input)),), name, fusion)

    def _set(
        self,
        outputs: tuple[tuple[str | None, Node], ...],
        name: str,
        fusion: bool,
        decode: DecodeTuple | None = None,
        graph: Graph | None = None,
    ) -> None:
        self._outputs = outputs
        self._name = name
        self._fusion = fusion
        self._decode = decode
        self._graph = graph
        self._executor = None
        self._plan = None

    @staticmethod
    def _make(
        outputs: tuple[tuple[str | None, Node], ...],
        name: str = "pipeline",
        fusion: bool = True,
        decode: DecodeTuple | None = None,
        graph: Graph | None = None,
    ) -> Pipeline:
        made = Pipeline.__new__(Pipeline)
        made._set(outputs, name, fusion, decode, graph)
        return made

    @staticmethod
    def of(**outputs: Operators) -> Pipeline:
        """A pipeline with these nodes as its outputs, by name.

        Example:
            >>> import pixelflume as pf
            >>> photo = pf.input("photo")
            >>> gray = photo.color("rgb_to_gray")
            >>> pf.Pipeline.of(gray=gray, edges=gray.sobel()).outputs
            ('gray', 'edges')
        """
        if not outputs:
            raise PipelineError("a pipeline needs an output: Pipeline.of(result=node)")
        named = tuple((name, only_node(value)) for name, value in outputs.items())
        pipeline = Pipeline._make(named)
        pipeline._checked()
        return pipeline

    @staticmethod
    def from_toml(text: str, name: str = "pipeline") -> Pipeline:
        """Reads the text of a pipeline file; `name` stands in messages.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().gaussian_blur(5)
            >>> pf.Pipeline.from_toml(p.to_toml()) == p
            True
        """
        return Pipeline._of_graph(Graph.from_toml(text, name))

    @staticmethod
    def from_file(path: str | os.PathLike[str]) -> Pipeline:
        """Reads a pipeline file."""
        return Pipeline._of_graph(Graph.from_file(path))

    @staticmethod
    def _of_graph(graph: Graph) -> Pipeline:
        nodes = nodes_of(graph)
        outputs = tuple((name, nodes[name]) for name in graph.outputs)
        return Pipeline._make(outputs, graph.name, graph.fusion, graph.decode, graph)

    def _then(
        self,
        kind: str,
        others: tuple[Operators, ...],
        parameters: Mapping[str, object],
        name: str | None,
    ) -> Pipeline:
        return self._grown(self._only_node()._then(kind, others, parameters, name))

    def _grown(self, node: Node) -> Pipeline:
        return Pipeline._make(((None, node),), self._name, self._fusion, self._decode)

    def _only_node(self) -> Node:
        if len(self._outputs) != 1:
            raise PipelineError(
                f"the pipeline {self._name!r} has {len(self._outputs)} outputs: "
                "take one of its nodes by .node(name), and make a pipeline of nodes by "
                "Pipeline.of(...)"
            )
        return self._outputs[0][1]

    def custom(
        self,
        function: Callable[..., object] | CustomOperator,
        *others: Operators,
        name: str | None = None,
        **options: Any,
    ) -> Pipeline:
        """Adds a custom operator: a function over arrays, or a `CustomOperator`.

        The options are those of `pixelflume.custom`.

        Example:
            >>> import pixelflume as pf
            >>> import numpy as np
            >>> p = pf.Pipeline().custom(lambda image: 255 - image, kind="invert")
            >>> p(np.full((2, 3, 3), 55, np.uint8), device="host").numpy().max()
            np.uint8(200)
        """
        return self._grown(
            self._only_node().custom(function, *others, name=name, **options)
        )

    def node(self, name: str) -> Node:
        """The node or input of this name, to build another pipeline from."""
        nodes = nodes_of(self._checked())
        if name not in nodes:
            raise PipelineError(
                f"the pipeline {self._name!r} has no node {name!r}; it has "
                f"{', '.join(nodes)}"
            )
        return nodes[name]

    def with_options(
        self, *, name: str | None = None, fusion: bool | None = None
    ) -> Pipeline:
        """The same pipeline with another name, or with fusion on or off."""
        return Pipeline._make(
            self._outputs,
            self._name if name is None else name,
            self._fusion if fusion is None else fusion,
            self._decode,
        )

    def with_decode(
        self,
        *,
        exif: Literal["apply", "ignore"] = "apply",
        color: Literal["keep", "gray", "rgb", "rgba"] = "keep",
        allow_truncated: bool = False,
        crop: tuple[int, int, int, int] | None = None,
    ) -> Pipeline:
        """The same pipeline with these settings for the image files that it is given.

        Args:
            exif: Whether images are turned as their EXIF data says.
            color: The channels of the images: those of the file, or one of three forms.
            allow_truncated: Whether cut and damaged JPEG files are decoded as far as they go.
            crop: The part of each image that is decoded: first column, first row, width
                and height, in pixels of the image as it is turned.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().with_decode(exif="ignore").flip()
            >>> 'exif = "ignore"' in p.to_toml()
            True
        """
        decode = (exif, color, allow_truncated, None if crop is None else list(crop))
        return Pipeline._make(self._outputs, self._name, self._fusion, decode)

    def _checked(self) -> Graph:
        graph = self._graph
        if graph is None:
            graph = graph_of(self._outputs, self._name, self._fusion, self._decode)
            self._graph = graph
        return graph

    @property
    def name(self) -> str:
        """The name of the pipeline."""
        return self._name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(self._checked().inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs, in order."""
        return tuple(self._checked().outputs)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the nodes, each behind those that it reads."""
        return tuple(name for name, _, _ in self._checked().nodes)

    def __call__(
        self,
        images: Any = _NOT_GIVEN,
        /,
        *,
        device: Any = None,
        stream: Any = None,
        axes: str | None = None,
        parameters: dict[str, Any] | None = None,
        index: Any = None,
        epoch: int | None = None,
        out: Any = None,
        **inputs: Any,
    ) -> Batch:
        """Executes the pipeline over one image or several.

        Args:
            images: An image, or a list, tuple or array of images: paths, encoded bytes,
                images of Pillow, arrays of NumPy, torch, CuPy and others. For a pipeline
                of several inputs, a dictionary of them by name.
            device: `"host"` (or `"cpu"`), `"cuda"`, `"cuda:1"`; without it the GPU of
                the images where they are on one, else the best device.
            stream: The CUDA stream: one of torch or CuPy, an object with
                `__cuda_stream__`, or the driver's handle as an integer, which must name a
                stream as long as results are used. Without it, the stream of the library
                of the images.
            axes: `"hwc"`, `"nhwc"`, `"chw"` or `"nchw"`, for arrays where several fit.
            parameters: Values for each image, by `"node.parameter"`, of parameters that
                are `pixelflume.PER_IMAGE`.
            index: The number of the first image in its data set, for random operators.
            epoch: The number of the pass over the data set, for random operators.
            out: Arrays that the results are written to: one for the only output, a list
                with an array or `None` for each output, or a dictionary by name.
            **inputs: The images of the inputs by name, where there are several.

        Image files are read and decoded by threads without the GIL. Where all images are
        JPEG files and the device is a GPU, they are only read, and the GPU decodes them,
        to the same samples. A file that cannot be read is told before one that the GPU
        cannot decode.

        Arrays are read where they are, without the GIL. Until the call has returned, no
        other thread may write to them, nor use those of `out`; on a GPU, only work in the
        same stream may. A call that Ctrl-C ends still works on them in the background, until
        its work is done.

        Returns:
            The results. On the host they are there; on a GPU they will be, for work
            that is put into the same stream.

        Example:
            >>> import numpy as np
            >>> import pixelflume as pf
            >>> photo = np.zeros((48, 64, 3), np.uint8)
            >>> pf.Pipeline().resize((24, 32))([photo, photo], device="host").shape
            (2, 24, 32, 3)
        """
        executor = self._executor
        if executor is None:
            executor = self._prepared()
        if inputs or images is _NOT_GIVEN:
            given = self._ordered(images, inputs)
        elif type(images) is dict and len(self.inputs) > 1:
            given = self._ordered(_NOT_GIVEN, images)
        else:
            given = (images,)
        return executor.call(given, device, stream, axes, parameters, index, epoch, out)

    def _prepared(self) -> Executor:
        executor = self._executor
        if executor is None:
            executor = self._executor = _native.Executor(self._checked())
        return executor

    def _ordered(self, images: Any, inputs: dict[str, Any]) -> tuple[Any, ...]:
        """The images of the inputs in their order."""
        names = self._checked().inputs
        if images is not _NOT_GIVEN:
            raise PipelineError(
                f"images for {', '.join(map(repr, inputs))} and others without a name; "
                f"pass the images of all inputs by name: {', '.join(names)}"
            )
        unknown = [name for name in inputs if name not in names]
        missing = [name for name in names if name not in inputs]
        if unknown or missing:
            raise PipelineError(
                f"the pipeline {self._name!r} has the input(s) {', '.join(names)}; "
                + (f"missing: {', '.join(missing)}" if missing else "")
                + ("; " if missing and unknown else "")
                + (f"unknown: {', '.join(unknown)}" if unknown else "")
            )
        return tuple(inputs[name] for name in names)

    def stream(
        self,
        source: Iterable[Any] | Shards | str | os.PathLike[str],
        *,
        batch: int = 64,
        in_flight: int = 3,
        workers: int | None = None,
        device: Any = None,
        on_error: Literal["raise", "skip"] = "raise",
        order: bool | Literal["kept", "unordered"] = True,
        axes: Literal["hwc", "chw"] | None = None,
        index: int = 0,
        epoch: int = 0,
        epochs: int | None = 1,
        shuffle: int | tuple[int, int] | None = None,
        max_wait: float | None = None,
        resume: dict[str, Any] | None = None,
        memory: int = 1 << 30,
    ) -> Stream:
        """Executes the pipeline over many images, several batches at a time.

        Files are read and decoded by `workers` threads while other images are computed
        and results are used; of a batch of JPEG files on a GPU they are only read, and
        the GPU decodes them. The source is read no further than the batches in flight reach. An array
        that the source gives must not be written until its batch has been given: a source
        that fills one array again and again has to give copies.

        Args:
            source: Images of any form that a call takes, for the one input of the
                pipeline, or pairs `(image, label)`: an iterable, a list, an object with
                `__len__` and `__getitem__` (a data set of torch, say), `pixelflume.Shards`,
                the path of a folder, whose image files are read by name, or of tar shards.
            batch: The most images of a batch.
            in_flight: The most batches that are in work.
            workers: Threads that read and decode; by default `get_num_threads()`, at most 256.
            device: As for a call; or `"cuda:all"`, or a list of devices. With several, each
                batch is of one device, and may have fewer images.
            on_error: Whether an image that cannot be read ends the stream with its
                exception, or is left out and listed in `errors` of its batch. A custom
                operator that fails takes the images along that are computed with it. Passes
                without end are over where all images of one fail.
            order: Whether results come in the order of the source (`"kept"`), or as they
                are ready (`"unordered"`).
            axes: As for a call.
            index: The number of the first image in its data set.
            epoch: The number of the first pass over the data set.
            epochs: The number of passes over a source that has a length; `None` for passes
                without end. A batch has images of one pass.
            shuffle: A seed, with which each pass has an order of its own, or a seed and a
                window: runs of so many neighbors come in a random order, and the images
                of each run too. For sources that have a length. `None` for their own order.
            max_wait: Seconds after which a batch is given that is not full, for servers.
            resume: What `state()` of an earlier stream returned: the images that it gave
                are left out. The source and the settings are those of that stream.
            memory: The bytes of ordinary memory for images on their way to the device,
                encoded and decoded.

        Returns:
            An iterator of batches, each with the places of its images in the source
            (`positions`), their `keys` (paths), their `labels` and their `epoch`. Close it, or use it by `with`, to stop early.

        Example:
            >>> import numpy as np
            >>> import pixelflume as pf
            >>> photos = (np.full((8, 8, 3), n, np.uint8) for n in range(5))
            >>> p = pf.Pipeline().flip()
            >>> [len(batch) for batch in p.stream(photos, batch=2, device="host")]
            [2, 2, 1]
        """
        from pixelflume._stream import Stream, images_of
        from pixelflume._stream_arguments import number, resumption, shuffling

        if order not in (True, False, "kept", "unordered"):
            raise PipelineError(f'order is {order!r}; give "kept" or "unordered"')
        batch = number("batch", batch)
        in_flight = number("in_flight", in_flight)
        memory = number("memory", memory)
        workers = None if workers is None else number("workers", workers)
        epochs = None if epochs is None else number("epochs", epochs)
        order_of_passes = shuffling(shuffle)
        first = index, epoch = number("index", index), number("epoch", epoch)
        position, text = resumption(resume, first)
        settings = _native.StreamSettings(
            self._checked(),
            batch,
            in_flight,
            workers,
            device,
            on_error,
            order in (True, "kept"),
            axes,
            index,
            epoch,
            epochs,
            order_of_passes,
            max_wait,
            text,
            memory,
        )
        is_ordered_anew = shuffle is not None or epochs != 1
        if settings.is_whole:
            if is_ordered_anew or position is not None or max_wait is not None:
                raise PipelineError(
                    "a pipeline that pads images to the largest of their batch has streams "
                    "without `shuffle`, `epochs`, `max_wait` and `resume`"
                )
        images = images_of(source, is_ordered_anew, settings.is_whole)
        return Stream(settings, images, first, position)

    def to_toml(self) -> str:
        """The text of a pipeline file with the same pipeline, with all parameters."""
        return self._checked().to_toml()

    def __reduce__(self) -> tuple[Any, ...]:
        graph = self._checked()
        try:
            return (Pipeline.from_toml, (graph.to_toml(),))
        except PipelineError:
            # A custom operator, or a name that pipeline files do not have.
            parts = (graph.name, graph.inputs, graph.nodes, graph.outputs)
            return (_of_parts, (*parts, graph.fusion, graph.decode))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pipeline):
            return NotImplemented
        return self._checked() == other._checked()

    def __hash__(self) -> int:
        return hash(self._checked())


def _of_parts(
    name: str,
    inputs: list[str],
    nodes: list[tuple[str, Operator, list[str]]],
    outputs: list[str],
    fusion: bool,
    decode: DecodeTuple,
) -> Pipeline:
    return Pipeline._of_graph(Graph(name, inputs, nodes, outputs, fusion, decode))

"""Custom operators: a Python function for the host, a CUDA kernel, or both."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, overload

from pixelflume import _native
from pixelflume._native import PipelineError
from pixelflume._shapes import ImageShape, ShapeLike

if TYPE_CHECKING:
    import numpy

ShapeRule: TypeAlias = ShapeLike | Callable[..., ShapeLike] | None
"""The shape of an output: as the first input, a shape, or a function of the inputs'."""

MAX_KIND = 64
"""The most characters of the kind of a custom operator."""


class Kernel(NamedTuple):
    """A CUDA kernel of a custom operator, and how it is launched."""

    ptx: str
    name: str
    threads: tuple[int, int, int]
    per_pixel: bool
    shared_bytes: int


class CustomOperator:
    """An operator of the user's: what `pixelflume.custom` makes.

    It is used by the method `custom` of pipelines and nodes. It is immutable. It can be
    pickled where its functions can: by module and name.
    """

    __slots__ = ("__weakref__", "function", "inputs", "kernel", "kind", "shape")

    kind: str
    """The name of the operator in messages, and of its node."""
    inputs: int
    """The number of images that it reads."""
    function: Callable[..., object] | None
    """The function for the host; `None` where the operator is for GPUs alone."""
    shape: ShapeRule
    """The shape of the output."""
    kernel: Kernel | None
    """The CUDA kernel; `None` where the operator is for the host alone."""

    def __init__(
        self,
        kind: str,
        inputs: int,
        function: Callable[..., object] | None,
        shape: ShapeRule,
        kernel: Kernel | None,
    ) -> None:
        self.kind = kind
        self.inputs = inputs
        self.function = function
        self.shape = shape
        self.kernel = kernel

    def _parts(self) -> tuple[Any, ...]:
        return (self.kind, self.inputs, self.function, self.shape, self.kernel)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CustomOperator):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.kind, self.inputs, self.function))

    def __repr__(self) -> str:
        return f"<pixelflume.CustomOperator {self.kind!r} of {self.inputs} image(s)>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        # A decorated function: its name is that of the operator.
        name = getattr(self.function, "__qualname__", "")
        module = sys.modules.get(getattr(self.function, "__module__", None) or "")
        if name and module is not None and getattr(module, name, None) is self:
            return (_named, (module.__name__, name))
        return (CustomOperator, self._parts())

    def _shape_of(self, inputs: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        """The shape of the output, called by the engine."""
        shape = self.shape
        if callable(shape):
            shape = shape(*(ImageShape(*each) for each in inputs))
        return tuple(shape)  # type: ignore[arg-type]

    def _execute(
        self, sources: Sequence[tuple[bytearray, tuple[Any, ...]]], output: Any
    ) -> bytes:
        """Calls the function over arrays of these bytes, called by the engine."""
        import numpy

        arrays = [_array(pixels, ImageShape(*shape)) for pixels, shape in sources]
        if self.function is None:
            raise PipelineError(f"{self.kind}: it has no function for the host")
        result = numpy.asarray(self.function(*arrays))
        shape = ImageShape(*output)
        expected = shape.array_shape
        if shape.channels == 1 and result.ndim == 2:
            result = result.reshape(expected)
        dtype = _numpy_type(shape.dtype)
        if result.shape != expected or result.dtype != dtype:
            raise ValueError(
                f"{self.kind}: the function gave an array of shape {result.shape} and "
                f"type {result.dtype}; the shape of the output is {expected} and its "
                f"type {dtype}. Convert the array, or say its shape by shape="
            )
        return result.tobytes()


def _array(pixels: bytearray, shape: ImageShape) -> numpy.ndarray[Any, Any]:
    import numpy

    array = numpy.frombuffer(pixels, _numpy_type(shape.dtype))
    return array.reshape(shape.array_shape)


def _numpy_type(dtype: str) -> numpy.dtype[Any]:
    import numpy

    if dtype == "bf16":
        try:
            import ml_dtypes
        except ImportError:
            raise TypeError(
                "NumPy has no type of bf16 samples; install ml_dtypes, or use f32"
            ) from None
        return numpy.dtype(ml_dtypes.bfloat16)
    names = {"u8": "uint8", "i16": "int16", "f16": "float16"}
    names |= {"f32": "float32", "f64": "float64", "i32": "int32"}
    return numpy.dtype(names[dtype])


def _named(module: str, name: str) -> CustomOperator:
    """The custom operator that a module has under this name."""
    import importlib

    return getattr(importlib.import_module(module), name)


@overload
def custom(
    function: Callable[..., object] | None,
    /,
    *,
    kind: str | None = None,
    inputs: int = 1,
    shape: ShapeRule = None,
    cuda: str | None = None,
    ptx: str | None = None,
    kernel: str | None = None,
    threads: tuple[int, int, int] = (256, 1, 1),
    per: Literal["sample", "pixel"] = "sample",
    shared_bytes: int = 0,
) -> CustomOperator: ...


@overload
def custom(
    *,
    kind: str | None = None,
    inputs: int = 1,
    shape: ShapeRule = None,
    cuda: str | None = None,
    ptx: str | None = None,
    kernel: str | None = None,
    threads: tuple[int, int, int] = (256, 1, 1),
    per: Literal["sample", "pixel"] = "sample",
    shared_bytes: int = 0,
) -> Callable[[Callable[..., object]], CustomOperator]: ...


_DECORATOR: Any = object()


def custom(
    function: Any = _DECORATOR,
    /,
    *,
    kind: str | None = None,
    inputs: int = 1,
    shape: ShapeRule = None,
    cuda: str | None = None,
    ptx: str | None = None,
    kernel: str | None = None,
    threads: tuple[int, int, int] = (256, 1, 1),
    per: Literal["sample", "pixel"] = "sample",
    shared_bytes: int = 0,
) -> Any:
    """Makes an operator of a Python function, a CUDA kernel, or both, which must agree.

    The function gets a NumPy array of each image, a copy that it may change, and gives
    an array of the output's shape and type. Workers call it for one image at a time,
    several of them in turn. What it raises is the cause of a `NodeFailure`. It must not
    call a pipeline.

    A kernel is compiled by NVRTC (`cuda=`), or given as `ptx=`. Its one parameter is a
    struct of the inputs and then the output, each an `Image`:

        struct Image {
            uint64_t base, row_pitch, batch_stride;
            uint32_t width, height, channels, batch;
        };

    In source text `Image` is there already. One launch is for the whole batch: blocks
    of `threads` cover the samples of a row of the output along x (its pixels with
    `per="pixel"`), the rows along y, and the images along z. CUDA has at most 65535
    blocks along y and z, so the kernel walks on by the size of the grid. The kernel must
    write all of the output and no other memory, and must end: nothing can check that,
    and a wrong one corrupts memory.

    Args:
        function: The function for the host; `None` for an operator of GPUs alone.
            Without it `custom` is a decorator.
        kind: Name of the operator; without it that of the function or of the kernel.
        inputs: The number of images that the operator reads, 1 to 8.
        shape: Shape of the output, or a function that gives it for the `ImageShape` of
            each input and raises for shapes that the operator cannot take; without it
            the shape of the first input.
        cuda: CUDA C++ with the kernel.
        ptx: PTX with the kernel.
        kernel: Name of the kernel, which is `extern "C"`; without it `kind`.
        threads: Threads of a block along x, y and z.
        per: Whether there is a thread for each sample or for each pixel.
        shared_bytes: Bytes of dynamic shared memory of a block.

    Example:
        >>> import numpy as np
        >>> import pixelflume as pf
        >>> @pf.custom(shape=lambda image: image._replace(channels=1))
        ... def brightest(image):
        ...     return image.max(axis=2, keepdims=True)
        >>> p = pf.Pipeline().custom(brightest)
        >>> photo = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
        >>> p(photo, device="host").numpy().ravel().tolist()
        [2, 5, 8, 11]
    """
    if function is _DECORATOR:
        return lambda function: custom(
            function,
            kind=kind,
            inputs=inputs,
            shape=shape,
            cuda=cuda,
            ptx=ptx,
            kernel=kernel,
            threads=threads,
            per=per,
            shared_bytes=shared_bytes,
        )
    if function is not None and not callable(function):
        raise PipelineError(
            f"a custom operator is a function of arrays, not {type(function).__name__}"
        )
    if kind is None:
        kind = kernel or getattr(function, "__name__", "custom").strip("<>")
    if not kind or len(kind) > MAX_KIND:
        raise PipelineError(
            f"the kind of a custom operator has 1 to {MAX_KIND} characters"
        )
    if per not in ("sample", "pixel"):
        raise PipelineError(f"per is 'sample' or 'pixel', not {per!r}")
    if cuda is not None:
        if ptx is not None:
            raise PipelineError("a kernel is given by cuda= or by ptx=, not by both")
        from pixelflume._nvrtc import compile_ptx

        ptx = compile_ptx(cuda, kernel or kind)
    elif ptx is None and function is None:
        raise PipelineError(
            "a custom operator needs a function for the host, cuda= or ptx= for GPUs"
        )
    made = None
    if ptx is not None:
        x, y, z = threads
        made = Kernel(ptx, kernel or kind, (x, y, z), per == "pixel", shared_bytes)
    operator = CustomOperator(kind, inputs, function, shape, made)
    _native.Operator.of_custom(operator)
    return operator


def custom_operator(
    function: Callable[..., object] | CustomOperator | None,
    inputs: int,
    options: Mapping[str, Any],
) -> CustomOperator:
    """The custom operator that the method `custom` was given."""
    if isinstance(function, CustomOperator):
        if options:
            raise PipelineError(
                f"{', '.join(options)} belong to the call of pixelflume.custom that made "
                f"{function.kind!r}"
            )
        return function
    return custom(function, **{"inputs": inputs, **options})

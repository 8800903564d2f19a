"""What a pipeline is and did: shapes, plans, counters, traces and a drawing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pixelflume import _drawing, _native
from pixelflume._native import Error, PipelineError
from pixelflume._shapes import ImageShape, ShapeLike

if TYPE_CHECKING:
    from pixelflume._native import Executor, Graph


class Inspection:
    """The methods of a pipeline that tell what it is and did."""

    __slots__ = ()

    _name: str
    _executor: Executor | None
    _plan: dict[str, Any] | None

    def _checked(self) -> Graph:
        raise NotImplementedError

    def _prepared(self) -> Executor:
        raise NotImplementedError

    def shapes(self, *shapes: ShapeLike) -> dict[str, ImageShape]:
        """The shapes of all images for inputs of these shapes, by input and node.

        Args:
            *shapes: One shape for each input: `(height, width, channels)` of u8
                samples, or an `ImageShape`.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().resize(224).to_float(layout="chw")
            >>> p.shapes((480, 640, 3))["to_float"].array_shape
            (3, 224, 224)
        """
        found = self._checked().shapes(list(shapes))
        return {name: ImageShape(*shape) for name, shape in found}

    def inspect(
        self, *shapes: ShapeLike, device: Any = None, batch: int = 64
    ) -> dict[str, Any]:
        """What the pipeline is and does, as `pixelflume inspect --format json` says it.

        With the shapes of the inputs it has the shapes of all nodes, which nodes are
        one launch and why others are not, how batches of several sizes are executed,
        and the device memory for batches of at most `batch` images.

        Example:
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().resize(64).to_float()
            >>> plan = p.inspect((480, 640, 3), device="host")
            >>> [launch["nodes"] for launch in plan["fusion"]["runs"]]
            [['resize', 'to_float']]
        """
        given = list(shapes) if shapes else None
        plan = json.loads(self._checked().describe(given, device, batch))
        if shapes:
            self._plan = plan
        return plan

    def _last_plan(self) -> dict[str, Any] | None:
        """The plan of the last shapes, of `inspect` or of a call."""
        last = None if self._executor is None else self._executor.last_run()
        if last is None:
            return self._plan
        device, shapes = last
        try:
            return json.loads(self._checked().describe(list(shapes), device))
        except Error:
            # The call failed because of its shapes.
            return None

    def statistics(self) -> dict[str, Any]:
        """Counters of the calls of this process: images, plans, launches, times."""
        return self._prepared().statistics()

    @contextmanager
    def trace(self, path: str | os.PathLike[str]) -> Iterator[None]:
        """Writes what the calls within a `with` block do to a file, for Perfetto or Chrome.

        Example:
            >>> import numpy as np, os, tempfile
            >>> import pixelflume as pf
            >>> p = pf.Pipeline().gaussian_blur(5)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     with p.trace(os.path.join(folder, "trace.json")):
            ...         result = p(np.zeros((8, 8, 3), np.uint8), device="host")
            ...     os.listdir(folder)
            ['trace.json']
        """
        executor = self._prepared()
        trace = _native.Trace()
        with open(path, "wb") as file:
            executor.set_trace(trace)
            try:
                yield
            finally:
                executor.set_trace(None)
                file.write(trace.chrome())

    def __repr__(self) -> str:
        try:
            graph = self._checked()
        except PipelineError:
            return f"<Pipeline {self._name!r} without operators>"
        return _drawing.draw(graph, self._last_plan())

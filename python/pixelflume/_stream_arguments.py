"""The arguments of `Pipeline.stream` as the native streams take them."""

from __future__ import annotations

import json
import operator
from typing import Any

from pixelflume._native import PipelineError


def number(name: str, value: Any) -> int:
    """A setting of a stream that is a number of 64 bits."""
    try:
        result = operator.index(value)
    except TypeError:
        result = -1
    if not 0 <= result < 1 << 64:
        raise PipelineError(f"{name} is {value!r}; give an integer from 0 to 2**64 - 1")
    return result


def shuffling(value: Any) -> tuple[int, int | None] | None:
    """The seed and the window of a shuffle."""
    if value is None:
        return None
    seed, window = (
        value if isinstance(value, tuple) and len(value) == 2 else (value, None)
    )
    # True and False are integers, and mean no seeds where other libraries have them.
    if isinstance(seed, bool | tuple) or window == 0:
        raise PipelineError(
            f"shuffle is {value!r}; give None, a seed such as 7, or a seed and a window of at "
            "least 1 such as (7, 1000)"
        )
    of_window = None if window is None else number("the window of shuffle", window)
    return number("the seed of shuffle", seed), of_window


def resumption(state: Any, first: tuple[int, int]) -> tuple[Any, str | None]:
    """The position in a state that `Stream.state` gave, and its JSON text; `first` are the index and the epoch of the stream."""
    if state is None:
        return None, None
    was, position, text = None, None, None
    try:
        was = (state["index"], state["epoch"])
        position = state["position"]
        text = json.dumps(position)
    except (TypeError, KeyError, ValueError, RecursionError):
        position = None
    if not isinstance(position, dict):
        raise PipelineError(
            "resume is no state of a stream; give what `state()` returned"
        )
    if was != first:
        raise PipelineError(
            f"the state is of a stream with index and epoch {was}; these are {first}"
        )
    return position, text

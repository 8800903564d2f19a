"""What the methods of operators take in the forms that torchvision's users know."""

from __future__ import annotations

from pixelflume._native import PipelineError

Size = int | tuple[int, int] | None


def sides(
    kind: str, size: Size, width: int | None, height: int | None
) -> tuple[int, int]:
    """The width and the height of a size: an integer for both, or `(height, width)`."""
    if size is None:
        if width is None or height is None:
            raise PipelineError(
                f"{kind}: it needs a size: size=224 for a square, size=(height, width), "
                "or width= and height="
            )
        return width, height
    if width is not None or height is not None:
        raise PipelineError(
            f"{kind}: size= says both sides; leave width= and height= out"
        )
    if isinstance(size, int):
        return size, size
    height, width = _pair(kind, size)
    return width, height


def resampled(size: Size, width: int | None, height: int | None) -> dict[str, int]:
    """The parameters of `resample` for a size, of which an integer is the shorter edge."""
    if isinstance(size, int) and width is None and height is None:
        return {"shortest_edge": size}
    width, height = sides("resize", size, width, height)
    return {"width": width, "height": height}


def layout_name(layout: str) -> str:
    """The layout as pipeline files call it."""
    if layout == "chw":
        return "planar"
    if layout == "hwc":
        return "interleaved"
    raise PipelineError(f"there is no layout {layout!r}; use 'hwc' or 'chw'")


def _pair(kind: str, size: object) -> tuple[int, int]:
    try:
        height, width = size  # type: ignore[misc]
        return int(height), int(width)
    except (TypeError, ValueError):
        raise PipelineError(
            f"{kind}: a size is an integer or (height, width), not {size!r:.60}"
        ) from None

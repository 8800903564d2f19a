"""The shape of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

DType: TypeAlias = Literal["u8", "i16", "f16", "bf16", "f32", "f64", "i32"]
"""The type of a sample."""


class ImageShape(NamedTuple):
    """The shape of one image: its size in pixels, its channels, and how they lie.

    Example:
        >>> import pixelflume as pf
        >>> pf.ImageShape(480, 640, 3).array_shape
        (480, 640, 3)
        >>> pf.ImageShape(224, 224, 3, "f32", "chw").array_shape
        (3, 224, 224)
    """

    height: int
    """Rows of pixels."""
    width: int
    """Pixels of a row."""
    channels: int = 1
    """Samples of a pixel."""
    dtype: DType = "u8"
    """The type of a sample."""
    layout: Literal["hwc", "chw"] = "hwc"
    """Whether the channels of a pixel lie side by side (`hwc`), or one plane of all
    pixels behind the other (`chw`)."""

    @property
    def array_shape(self) -> tuple[int, int, int]:
        """The shape of the image as an array, in the order of `layout`."""
        if self.layout == "hwc":
            return (self.height, self.width, self.channels)
        return (self.channels, self.height, self.width)


ShapeLike: TypeAlias = ImageShape | Sequence[int]
"""An `ImageShape`, or `(height, width)` or `(height, width, channels)` of u8 samples."""

ShapeTuple: TypeAlias = tuple[int, int, int, DType, Literal["hwc", "chw"]]
"""The fields of an `ImageShape`, in their order."""

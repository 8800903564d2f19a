"""What a pipeline sees of the images that are passed to it."""

from typing import Any

import numpy as np
import pixelflume as pf
from numpy.typing import NDArray


def seen(images: Any, *, axes: str | None = None) -> list[NDArray[Any]]:
    """Give the images as a pipeline of one flip got them, as arrays of HWC."""
    flipped = pf.Pipeline().flip()(images, device="host", axes=axes)
    return [np.asarray(image)[:, ::-1] for image in flipped.images()]


def one(image: Any, *, axes: str | None = None) -> NDArray[Any]:
    """Give the only image as the pipeline got it."""
    (got,) = seen(image, axes=axes)
    return got

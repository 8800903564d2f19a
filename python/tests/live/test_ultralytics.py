"""The letterbox of ultralytics beside the processor of this name, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy
import pixelflume
import pytest
from pixelflume.testing import assert_equal_to

torch = pytest.importorskip("torch")
augment = pytest.importorskip("ultralytics.data.augment")


def test_the_letterbox_is_equal(images: Any) -> None:
    box = augment.LetterBox((640, 640))

    def letterbox(image: Any) -> Any:
        planar = box(image=numpy.asarray(image)).transpose(2, 0, 1)
        return torch.from_numpy(numpy.ascontiguousarray(planar)).float().div_(255)

    pipeline = pixelflume.processor("letterbox")
    assert_equal_to(letterbox, images, pipeline=pipeline, device="host")

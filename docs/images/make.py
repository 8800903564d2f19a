#!/usr/bin/env python3
"""Makes edges.png, the picture of the README: a photograph, and what examples/pipelines/edges.toml makes of it.

    pip install opencv-python-headless==5.0.0.93 numpy
    python docs/images/make.py

OpenCV computes the edges here. The pipeline computes the same samples; crates/ops/tests/golden holds it to that.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "crates" / "ops" / "tests" / "golden"))
import generate  # noqa: E402

PHOTO = "coffee.png"
GAP = 8


def main():
    photo = generate.load(PHOTO)
    small = generate.apply(generate.STEPS[0], photo)
    edges = generate.apply("gray_to_rgb", generate.apply(generate.EDGES, photo))
    gap = np.full((small.shape[0], GAP, 3), 255, np.uint8)
    picture = np.hstack([small, gap, edges])
    path = Path(__file__).with_name("edges.png")
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{path.name}: {picture.shape[1]}x{picture.shape[0]}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

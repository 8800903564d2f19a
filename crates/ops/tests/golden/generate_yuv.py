#!/usr/bin/env python3
"""Makes yuv.json: what OpenCV makes of YUV frames, and of RGB images as YUV frames, as hashes.

    pip install opencv-python-headless==5.0.0.93 numpy
    python crates/ops/tests/golden/generate_yuv.py

The output is deterministic; another version of OpenCV is refused, because its arithmetic may differ. OpenCV takes even
sizes only. A list of objects:
    conversion   nv12_to_rgb | i420_to_rgb | rgb_to_i420
    width, height
    input        a number: noise, the bytes of splitmix64 with this seed. "all": a frame in which each Y meets each U and
                 V, or an image in which each block of 2x2 pixels has one color, with a quarter of all colors
    quarter      of "all" colors: the first (0) to the last (3)
    fnv          64-bit FNV-1a of the result, 16 hexadecimal digits
"""

import json
from pathlib import Path

import cv2
import numpy as np

VERSION = "5.0.0"
HERE = Path(__file__).resolve().parent
SIZES = [(2, 2), (4, 2), (2, 6), (16, 10), (62, 4), (64, 2), (66, 6), (126, 8), (130, 4), (318, 34), (640, 480), (1920, 1080)]


def splitmix64_bytes(seed, count):
    """`count` bytes of splitmix64: its 64-bit outputs in little-endian order."""
    words = (count + 7) // 8
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, words + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z.astype("<u8").view(np.uint8)[:count]


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def every_yuv():
    """Planes of 4096 x 4096 pixels: block n of 2x2 pixels has chroma n >> 6 and the luma 4 (n & 63) to 4 (n & 63) + 3."""
    n = np.arange(1 << 22, dtype=np.uint32)
    luma = (4 * (n & 63))[:, None] + np.arange(4, dtype=np.uint32)
    blocks = luma.astype(np.uint8).reshape(2048, 2048, 2, 2)
    chroma = (n >> 6).reshape(2048, 2048)
    return blocks.transpose(0, 2, 1, 3).reshape(4096, 4096), chroma.astype(np.uint8), (chroma >> 8).astype(np.uint8)


def every_rgb(quarter):
    """4096 x 4096 pixels: block n of 2x2 pixels has the color n + (quarter << 22), red in its lowest bits."""
    n = np.arange(1 << 22, dtype=np.uint32) + np.uint32(quarter << 22)
    colors = np.stack([n, n >> 8, n >> 16], axis=1).astype(np.uint8).reshape(2048, 2048, 3)
    return colors.repeat(2, axis=0).repeat(2, axis=1)


def case(conversion, width, height, source, result, **more):
    return {"conversion": conversion, "width": width, "height": height, "input": source, **more, "fnv": fnv1a(result.tobytes())}


def main():
    if cv2.__version__ != VERSION:
        raise SystemExit(f"OpenCV {VERSION} is needed, this is {cv2.__version__}")
    cases = []
    for seed, (width, height) in enumerate(SIZES, 1):
        frame = splitmix64_bytes(seed, width * height * 3 // 2).reshape(-1, width)
        image = splitmix64_bytes(seed, width * height * 3).reshape(height, width, 3)
        cases.append(case("nv12_to_rgb", width, height, seed, cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_NV12)))
        cases.append(case("i420_to_rgb", width, height, seed, cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_I420)))
        cases.append(case("rgb_to_i420", width, height, seed, cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420)))
    luma, u, v = every_yuv()
    nv12 = np.concatenate([luma.ravel(), np.stack([u, v], axis=2).ravel()]).reshape(-1, 4096)
    i420 = np.concatenate([luma.ravel(), u.ravel(), v.ravel()]).reshape(-1, 4096)
    cases.append(case("nv12_to_rgb", 4096, 4096, "all", cv2.cvtColor(nv12, cv2.COLOR_YUV2RGB_NV12)))
    cases.append(case("i420_to_rgb", 4096, 4096, "all", cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)))
    for quarter in range(4):
        result = cv2.cvtColor(every_rgb(quarter), cv2.COLOR_RGB2YUV_I420)
        cases.append(case("rgb_to_i420", 4096, 4096, "all", result, quarter=quarter))
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    (HERE / "yuv.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()

"""Golden vectors of `letterbox`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 25808

def apply(image, width, height, value, scaleup=True, center=True, auto=False, stride=32):
    scale = min(width / image.shape[1], height / image.shape[0])
    scale = scale if scaleup else min(scale, 1.0)
    inner = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    channels = image.shape[2]
    image = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR).reshape(inner[1], inner[0], channels)
    across, down = width - inner[0], height - inner[1]
    if auto:
        across, down = across % stride, down % stride
    left, top = (across // 2, down // 2) if center else (0, 0)
    return cv2.copyMakeBorder(image, top, down - top, left, across - left, cv2.BORDER_CONSTANT, value=value)


def cases(golden):
    gray = [114, 114, 114, 114]
    for channels in (1, 3, 4):
        for width, height in [(1, 1), (1, 5), (7, 1), (17, 13), (35, 19)]:
            for frame in ((1, 1), (5, 9), (16, 16), (40, 23), (33, 64)):
                add(golden, frame, [114, 10, 200, 7], "noise", (width, height, channels))
            golden.skip(15)
        # Behind the crops of this number of channels, and before the next flips and pads.
        golden.skip(10 - 15)
        add(golden, (64, 64), gray, "scene", (128, 96, channels))
        add(golden, (128, 128), gray, "scene", (192, 108, channels))
        golden.skip(15)
    # The options of ultralytics' LetterBox, which computes its sizes like `apply`.
    for scaleup in (True, False):
        for center in (True, False):
            for options in ({}, {"auto": True}, {"auto": True, "stride": 5}):
                options = {"scaleup": scaleup, "center": center, **options}
                for shape in ((17, 13, 3), (51, 90, 1), (100, 31, 4), (1, 90, 3)):
                    add(golden, (48, 64), [114, 10, 200, 7], "noise", shape, **options)


def add(golden, frame, value, kind, shape, **options):
    golden.add({"width": frame[0], "height": frame[1], "value": value, **options}, kind, shape)

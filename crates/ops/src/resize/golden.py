"""Golden vectors of `resize`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import cv2

SEED = 24302

def apply(image, width, height, interpolation):
    mode = {"bilinear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}[interpolation]
    return cv2.resize(image, (width, height), interpolation=mode)


PAIRS = [
    # (source, destination)
    ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((1, 9), (3, 4)), ((9, 1), (4, 3)), ((1, 12), (1, 5)), ((12, 1), (5, 1)),
    ((2, 2), (1, 1)), ((2, 1), (1, 1)), ((1, 2), (1, 1)), ((2, 2), (3, 3)), ((3, 2), (2, 3)),
    ((13, 11), (1, 1)), ((13, 11), (1, 9)), ((13, 11), (9, 1)), ((13, 11), (13, 11)), ((13, 11), (17, 23)),
    ((24, 18), (12, 9)), ((24, 18), (12, 18)), ((24, 18), (24, 9)), ((24, 18), (12, 10)), ((24, 18), (8, 6)),
    ((25, 19), (12, 9)), ((33, 21), (16, 10)), ((33, 21), (19, 13)), ((10, 7), (20, 14)), ((10, 7), (31, 15)),
    ((64, 3), (5, 20)), ((3, 64), (20, 5)), ((101, 67), (24, 16)), ((100, 7), (33, 5)), ((49, 49), (7, 7)),
]
BIG = [
    ((640, 480), (320, 240)), ((641, 427), (320, 240)), ((1280, 720), (320, 240)), ((320, 240), (640, 480)),
    ((320, 240), (333, 251)), ((1920, 1080), (224, 224)), ((257, 131), (128, 65)),
]
# Sizes at which the last bit shows: a bilinear weight changes when its fraction is not rounded to f32 first, and a nearest
# index changes when src / dst is used instead of 1 / (dst / src).
STARK = [
    ((15, 61), (13, 7)), ((61, 15), (7, 11)), ((34, 30), (14, 26)), ((115, 49), (7, 11)), ((122, 123), (14, 15)),
    ((492, 109), (60, 11)), ((639, 677), (19, 19)), ((251, 237), (7, 7)), ((245, 474), (15, 14)),
]
NEAREST = [
    ((6, 9), (34, 51)), ((14, 28), (18, 36)), ((18, 21), (102, 75)), ((21, 12), (27, 68)), ((119, 6), (21, 34)),
]


def to(size, interpolation):
    return {"width": size[0], "height": size[1], "interpolation": interpolation}


def cases(golden):
    for interpolation in ("bilinear", "nearest"):
        for source, target in PAIRS:
            for channels in (1, 3, 4):
                golden.add(to(target, interpolation), "noise", (*source, channels))
        for index, (source, target) in enumerate(BIG):
            golden.add(to(target, interpolation), "scene", (*source, (3, 1, 4)[index % 3]))
    for source, target in STARK:
        for channels in (1, 3, 4):
            golden.add(to(target, "bilinear"), "stark", (*source, channels))
    for source, target in NEAREST:
        golden.add(to(target, "nearest"), "noise", (*source, 1))

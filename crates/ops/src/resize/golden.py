"""Golden vectors of `resize`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it.

`near_cases` are cases that OpenCV computes by another formula of INTER_CUBIC than `resize`, which is within one step of it.
"""

from vectors import STORE

SEED = 24302

MODES = {
    "bilinear": "INTER_LINEAR",
    "nearest": "INTER_NEAREST",
    "area": "INTER_AREA",
    "cubic": "INTER_CUBIC",
    "lanczos4": "INTER_LANCZOS4",
    "linear_exact": "INTER_LINEAR_EXACT",
    "nearest_exact": "INTER_NEAREST_EXACT",
}


def apply(image, width, height, interpolation):
    import cv2

    return cv2.resize(image, (width, height), interpolation=getattr(cv2, MODES[interpolation]))


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
# Bilinear weights of so wide images change as well when src / dst is used.
WIDE = [((5917, 1), (2048, 1)), ((1, 6547), (1, 2048)), ((6001, 3), (2048, 2))]
# Area by whole factors, of which 1 / (dst / src) is none for 49 and 98; by one axis alone; and with a growing axis.
AREA = [
    ((98, 21), (2, 7)), ((49, 98), (1, 49)), ((60, 60), (12, 15)), ((36, 30), (36, 10)), ((35, 24), (5, 24)), ((31, 30), (31, 7)),
    ((16, 50), (33, 7)), ((50, 16), (7, 33)), ((12, 9), (30, 27)), ((200, 40), (3, 1)), ((41, 17), (40, 16)), ((24, 18), (12, 36)),
]
# The targets of cubic resizes have rows of less than eight samples: OpenCV computes longer rows by another formula, but for the
# samples behind the last multiple of eight.
NARROW = [(1, 7), (2, 9), (1, 1), (2, 1), (2, 40), (1, 23)]
NARROW_GRAY = [(3, 17), (4, 30), (5, 5), (6, 80), (7, 60)]
NARROW_SOURCES = [
    (1, 1), (2, 2), (3, 3), (1, 9), (9, 1), (4, 7), (5, 13), (13, 11), (24, 18), (101, 67), (6, 300), (300, 6), (64, 64),
]
NEAR = [
    ((13, 11), (31, 30)), ((40, 30), (23, 17)), ((64, 48), (31, 50)), ((7, 5), (40, 40)), ((100, 60), (50, 30)), ((9, 9), (90, 17)),
    ((33, 21), (19, 13)), ((200, 100), (37, 13)), ((25, 25), (26, 26)), ((3, 40), (33, 9)),
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
    for source, target in WIDE:
        golden.add(to(target, "bilinear"), "noise", (*source, 3))
    for interpolation in ("area", "lanczos4", "linear_exact", "nearest_exact"):
        for source, target in PAIRS:
            for channels in (1, 3, 4):
                golden.add(to(target, interpolation), "noise", (*source, channels))
        for index, (source, target) in enumerate(BIG):
            golden.add(to(target, interpolation), "scene", (*source, (3, 1, 4)[index % 3]))
        for source, target in STARK:
            golden.add(to(target, interpolation), "stark", (*source, 1))
        for source, target in NEAREST:
            golden.add(to(target, interpolation), "noise", (*source, 1))
    for source, target in AREA:
        for channels in (1, 3, 4):
            golden.add(to(target, "area"), "noise", (*source, channels))
    for source in NARROW_SOURCES:
        for index, target in enumerate(NARROW):
            kind = ("noise", "stark")[index % 2]
            for channels in (1, 3) if target[0] == 2 else (1, 3, 4):
                golden.add(to(target, "cubic"), kind, (*source, channels))
        for target in NARROW_GRAY:
            golden.add(to(target, "cubic"), "stark", (*source, 1))


def near_cases(golden):
    for source, target in NEAR:
        for kind, channels in (("noise", 1), ("stark", 1), ("scene", 1), ("noise", 3), ("noise", 4)):
            # The samples are needed, and not a hash.
            if target[0] * target[1] * channels <= STORE:
                golden.add(to(target, "cubic"), kind, (*source, channels))


def random_cases(golden, random, count):
    """`count` cases of each interpolation but cubic: any shapes, whole factors, one axis alone, one pixel, long rows and columns."""
    for interpolation in MODES:
        if interpolation == "cubic":
            continue
        for index in range(count):
            w, h, width, height = (int(side) for side in random.integers(1, (40, 160)[index % 2], 4))
            factors = [int(factor) for factor in random.integers(1, 7, 2)]
            if index % 10 == 3:
                width = w
            elif index % 10 == 4:
                height = h
            elif index % 10 == 5:
                w, h = width * factors[0], height * factors[1]
            elif index % 10 == 6:
                width, height = w * min(factors[0], 4), h * min(factors[1], 4)
            elif index % 10 == 7:
                w, h = 2 * width, 2 * height
            elif index % 20 == 8:
                width, height = max(w // 2, 1), 2 * h
            elif index % 10 == 9:
                width, height = min(width, w), min(height, h)
            if index % 50 == 11:
                w, h = 1, 1
            elif index % 50 == 12:
                width, height = 1, 1
            elif index % 50 == 13:
                w, h = int(random.integers(600, 9000)), int(random.integers(1, 30))
            elif index % 50 == 14:
                w, h = int(random.integers(1, 30)), int(random.integers(600, 9000))
            kind = "stark" if index % 4 == 1 else "noise"
            channels = (1, 3, 4)[index % 3]
            golden.add(to((width, height), interpolation), kind, (w, h, channels), name=f"{interpolation} {index}")

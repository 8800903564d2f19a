#!/usr/bin/env python3
"""Makes the golden vectors: what OpenCV computes, for the tests of every executor.

    pip install opencv-python-headless==5.0.0.93 numpy
    python crates/ops/tests/golden/generate.py

Writes, beside this script, `golden.bin` (single operators and chains on generated images) and `photographs.json` (the
pipelines of examples/pipelines on the photographs of examples/photos). The output is deterministic; another version of
OpenCV is refused, because its arithmetic may differ.

golden.bin
    First line:    pixelflume golden 1 opencv 5.0.0 cases N
    Then N times:  one header line, and the bytes that it announces
    Header line:   NAME <tab> OPERATOR <tab> INPUT <tab> EXPECTED
    OPERATOR       words as in `gaussian_blur 5` or `gaussian_blur 5 1.1`; ` | ` chains operators. The last word of an
                   operator with two inputs is the seed of the second, noise of the shape of the first
    INPUT          noise WxHxC SEED FNV     every sample a byte of splitmix64
                   scene WxHxC SEED FNV     photograph-like: slopes, hard edges, a little noise (`scene` below)
                   stark WxHxC SEED FNV     noise of 0 and 255 only (bytes below 128 become 0)
                   colours WxHxC FNV        all 2^24 colours in order, 4096x4096x3
                   raw WxHxC                the samples follow the header line
    EXPECTED       u8 WxHxC | i16 WxHxC     the samples follow (after those of a raw input), i16 little-endian
                   hash u8|i16 WxHxC FNV    64-bit FNV-1a of these bytes
Samples are interleaved and tight; FNV is 16 hexadecimal digits and lets the reader check that it generates the same input.

photographs.json
    What the pipelines (read from their files) make of the photographs. A list of objects: pipeline, photo (file names), input {width, height, channels, fnv} of the decoded RGB samples (gray
    photographs repeated to three channels), outputs {node: {width, height, channels, fnv}}, all u8.
"""

import json
import math
import tomllib
from pathlib import Path

import cv2
import numpy as np

VERSION = "5.0.0"
HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[3] / "examples"
PHOTOS = EXAMPLES / "photos"
PIPELINES = EXAMPLES / "pipelines"
# Those whose outputs are 8-bit samples.
PHOTOGRAPHED = ["edges.toml", "fork_join.toml", "thumbnails.toml"]
# PNG only: JPEG decoders differ from each other.
PHOTOGRAPHS = ["chelsea.png", "coffee.png", "camera.png"]
MASK = (1 << 64) - 1
# Expected outputs of more samples than this are stored as a hash.
STORE = 1600


# ---- inputs, defined identically in reader.rs ----

def splitmix64_bytes(seed, count):
    """`count` bytes of splitmix64: its 64-bit outputs in little-endian order."""
    words = (count + 7) // 8
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, words + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z.astype("<u8").view(np.uint8)[:count]


def noise(width, height, channels, seed):
    return splitmix64_bytes(seed, width * height * channels).reshape(height, width, channels)


def scene(width, height, channels, seed):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    slope = (7 * x + 3 * y + 41 * c) >> 3 & 127
    tiles = np.where(((x // 29) ^ (y // 23)) & 1 == 1, 96, 0)
    grain = noise(width, height, channels, seed) & 15
    return (slope + tiles + grain).astype(np.uint8)


def stark(width, height, channels, seed):
    return np.where(noise(width, height, channels, seed) < 128, 0, 255).astype(np.uint8)


def colours():
    n = np.arange(1 << 24, dtype=np.uint32)
    return np.stack([n >> 16, n >> 8, n], axis=-1).astype(np.uint8).reshape(4096, 4096, 3)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return f"{value:016x}"


# ---- operators ----

COLOR = {
    "rgb_to_gray": cv2.COLOR_RGB2GRAY,
    "bgr_to_gray": cv2.COLOR_BGR2GRAY,
    "rgba_to_gray": cv2.COLOR_RGBA2GRAY,
    "rgb_to_bgr": cv2.COLOR_RGB2BGR,
    "bgr_to_rgb": cv2.COLOR_BGR2RGB,
    "rgba_to_rgb": cv2.COLOR_RGBA2RGB,
    "rgb_to_rgba": cv2.COLOR_RGB2RGBA,
    "gray_to_rgb": cv2.COLOR_GRAY2RGB,
}


def sobel(image, output):
    if image.shape[2] == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    elif image.shape[2] == 4:
        image = cv2.cvtColor(image, cv2.COLOR_RGBA2GRAY)
    gx = cv2.Sobel(image, cv2.CV_16S, 1, 0, ksize=3)
    gy = cv2.Sobel(image, cv2.CV_16S, 0, 1, ksize=3)
    if output == "sobel_dx":
        return gx
    if output == "sobel_dy":
        return gy
    square = gx.astype(np.int32) ** 2 + gy.astype(np.int32) ** 2
    # np.sqrt of float32 is the correctly rounded IEEE root, np.rint rounds half to even.
    return np.minimum(255, np.rint(np.sqrt(square.astype(np.float32)))).astype(np.uint8)


def second(image, seed):
    """The second input of an operator that takes two: noise of the shape of the first."""
    height, width, channels = image.shape
    return noise(width, height, channels, int(seed))


def blend(a, b, alpha):
    """The project's own rounding, at most one step from OpenCV's."""
    k = int(np.floor(alpha * 256 + 0.5))
    image = ((a.astype(np.int32) * k + b.astype(np.int32) * (256 - k) + 128) >> 8).astype(np.uint8)
    weighted = cv2.addWeighted(a, alpha, b, 1 - alpha, 0).reshape(a.shape)
    assert np.abs(image.astype(np.int32) - weighted).max() <= 1, alpha
    return image


def flip(image, axis):
    return cv2.flip(image, {"horizontal": 1, "vertical": 0, "both": -1}[axis])


def crop(image, x, y, width, height):
    x, y, width, height = int(x), int(y), int(width), int(height)
    return image[y:y + height, x:x + width]


def center_crop(image, width, height):
    x, y = (image.shape[1] - int(width)) // 2, (image.shape[0] - int(height)) // 2
    return crop(image, x, y, width, height)


def pad(image, left, top, right, bottom, mode, *value):
    border = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect_101": cv2.BORDER_REFLECT_101}
    return cv2.copyMakeBorder(
        image, int(top), int(bottom), int(left), int(right), border[mode], value=[int(v) for v in value])


def letterbox(image, width, height, *value):
    width, height = int(width), int(height)
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    channels = image.shape[2]
    image = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR).reshape(inner[1], inner[0], channels)
    across, down = width - inner[0], height - inner[1]
    left, top = across // 2, down // 2
    return pad(image, left, top, across - left, down - top, "constant", *value)


def rectangle(size):
    return cv2.getStructuringElement(cv2.MORPH_RECT, (int(size), int(size)))


def warp_affine(image, width, height, direction, *words):
    matrix = np.array([float(word) for word in words[:6]]).reshape(2, 3)
    flags = cv2.INTER_LINEAR | {"forward": 0, "inverse": cv2.WARP_INVERSE_MAP}[direction]
    value = [int(word) for word in words[6:]]
    return cv2.warpAffine(image, matrix, (int(width), int(height)), flags=flags,
                          borderMode=cv2.BORDER_CONSTANT, borderValue=value)


# The rest of the operators: words of the file and what they stand for.
MORE = {
    "threshold": lambda image, limit, maximum: cv2.threshold(image, int(limit), int(maximum), cv2.THRESH_BINARY)[1],
    "flip": flip,
    "crop": crop,
    "center_crop": center_crop,
    "pad": pad,
    "letterbox": letterbox,
    "box_blur": lambda image, size: cv2.blur(image, (int(size), int(size))),
    "erode": lambda image, size: cv2.erode(image, rectangle(size)),
    "dilate": lambda image, size: cv2.dilate(image, rectangle(size)),
    "laplacian_signed": lambda image: cv2.Laplacian(image, cv2.CV_16S, ksize=1),
    "laplacian_clamped": lambda image: cv2.Laplacian(image, cv2.CV_8U, ksize=1),
    "median_blur": lambda image, size: cv2.medianBlur(image, int(size)),
    "warp_affine": warp_affine,
    "nv12_to_rgb": lambda image: cv2.cvtColor(image, cv2.COLOR_YUV2RGB_NV12),
}


def apply(operator, image):
    """Runs one operator, or a chain, on an array of shape (height, width, channels)."""
    for step in operator.split(" | "):
        image = np.ascontiguousarray(image)
        op, *args = step.split()
        if op.startswith("resize_"):
            mode = {"resize_bilinear": cv2.INTER_LINEAR, "resize_nearest": cv2.INTER_NEAREST}[op]
            image = cv2.resize(image, (int(args[0]), int(args[1])), interpolation=mode)
        elif op == "gaussian_blur":
            size = int(args[0])
            sigma = float(args[1]) if len(args) > 1 else 0
            image = cv2.GaussianBlur(image, (size, size), sigma)
        elif op.startswith("sobel_"):
            image = sobel(image, op)
        elif op in MORE:
            image = MORE[op](image, *args)
        elif op == "abs_diff":
            image = cv2.absdiff(image, second(image, args[0]))
        elif op == "blend":
            image = blend(image, second(image, args[1]), float(args[0]))
        else:
            image = cv2.cvtColor(image, COLOR[op])
        if image.ndim == 2:
            image = image[:, :, None]
    return image


# ---- cases ----

class Golden:
    def __init__(self):
        self.names = set()
        self.blocks = []
        self.seed = 0x5EED

    def add(self, operator, kind, shape=None, image=None, name=None):
        """One case; `shape` is (width, height, channels)."""
        self.seed += 1
        if kind == "noise":
            image = noise(*shape, self.seed)
        elif kind == "scene":
            image = scene(*shape, self.seed)
        elif kind == "stark":
            image = stark(*shape, self.seed)
        height, width, channels = image.shape
        shape = f"{width}x{height}x{channels}"
        raw = b""
        if kind == "raw":
            source, raw = f"raw {shape}", image.tobytes()
        elif kind == "colours":
            source = f"colours {shape} {self.colours_fnv}"
        else:
            source = f"{kind} {shape} {self.seed} {fnv1a(image.tobytes())}"
        out = apply(operator, image)
        kind_out = {"uint8": "u8", "int16": "i16"}[str(out.dtype)]
        data = out.astype("<i2").tobytes() if kind_out == "i16" else out.tobytes()
        expected = f"{kind_out} {out.shape[1]}x{out.shape[0]}x{out.shape[2]}"
        if out.size > STORE:
            expected, data = f"hash {expected} {fnv1a(data)}", b""
        name = name or f"{operator}, {kind} {shape}"
        assert name not in self.names, name
        self.names.add(name)
        self.blocks.append("\t".join([name, operator, source, expected]).encode() + b"\n" + raw + data)

    def write(self, path):
        head = f"pixelflume golden 1 opencv {VERSION} cases {len(self.blocks)}\n".encode()
        path.write_bytes(head + b"".join(self.blocks))
        print(f"{path.name}: {len(self.blocks)} cases, {path.stat().st_size} bytes")


def resize_cases(golden):
    pairs = [
        # (source, destination)
        ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((1, 9), (3, 4)), ((9, 1), (4, 3)), ((1, 12), (1, 5)), ((12, 1), (5, 1)),
        ((2, 2), (1, 1)), ((2, 1), (1, 1)), ((1, 2), (1, 1)), ((2, 2), (3, 3)), ((3, 2), (2, 3)),
        ((13, 11), (1, 1)), ((13, 11), (1, 9)), ((13, 11), (9, 1)), ((13, 11), (13, 11)), ((13, 11), (17, 23)),
        ((24, 18), (12, 9)), ((24, 18), (12, 18)), ((24, 18), (24, 9)), ((24, 18), (12, 10)), ((24, 18), (8, 6)),
        ((25, 19), (12, 9)), ((33, 21), (16, 10)), ((33, 21), (19, 13)), ((10, 7), (20, 14)), ((10, 7), (31, 15)),
        ((64, 3), (5, 20)), ((3, 64), (20, 5)), ((101, 67), (24, 16)), ((100, 7), (33, 5)), ((49, 49), (7, 7)),
    ]
    big = [
        ((640, 480), (320, 240)), ((641, 427), (320, 240)), ((1280, 720), (320, 240)), ((320, 240), (640, 480)),
        ((320, 240), (333, 251)), ((1920, 1080), (224, 224)), ((257, 131), (128, 65)),
    ]
    for op in ("resize_bilinear", "resize_nearest"):
        for (sw, sh), (dw, dh) in pairs:
            for channels in (1, 3, 4):
                golden.add(f"{op} {dw} {dh}", "noise", (sw, sh, channels))
        for index, ((sw, sh), (dw, dh)) in enumerate(big):
            golden.add(f"{op} {dw} {dh}", "scene", (sw, sh, (3, 1, 4)[index % 3]))
    # Sizes at which the last bit shows: a bilinear weight changes when its fraction is not rounded to f32 first, and a
    # nearest index changes when src / dst is used instead of 1 / (dst / src).
    for (sw, sh), (dw, dh) in [
        ((15, 61), (13, 7)), ((61, 15), (7, 11)), ((34, 30), (14, 26)), ((115, 49), (7, 11)), ((122, 123), (14, 15)),
        ((492, 109), (60, 11)), ((639, 677), (19, 19)), ((251, 237), (7, 7)), ((245, 474), (15, 14)),
    ]:
        for channels in (1, 3, 4):
            golden.add(f"resize_bilinear {dw} {dh}", "stark", (sw, sh, channels))
    for (sw, sh), (dw, dh) in [
        ((6, 9), (34, 51)), ((14, 28), (18, 36)), ((18, 21), (102, 75)), ((21, 12), (27, 68)), ((119, 6), (21, 34)),
    ]:
        golden.add(f"resize_nearest {dw} {dh}", "noise", (sw, sh, 1))


def color_cases(golden):
    shapes = [(1, 1), (1, 8), (8, 1), (7, 5), (16, 3), (33, 2), (17, 13)]
    for op in COLOR:
        channels = {"gray": 1, "rgba": 4}.get(op.split("_")[0], 3)
        for width, height in shapes:
            golden.add(op, "noise", (width, height, channels))
        golden.add(op, "noise", (127, 63, channels))
    every = colours()
    golden.colours_fnv = fnv1a(every.tobytes())
    golden.add("rgb_to_gray", "colours", image=every)
    golden.add("bgr_to_gray", "colours", image=every)


def blur_cases(golden):
    shapes = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]
    for size in (3, 5, 7, 9, 11, 15, 31):
        for sigma in ("", " 0.5", " 1.1", " 2.5", " 6"):
            for channels in (1, 3, 4):
                for width, height in shapes:
                    golden.add(f"gaussian_blur {size}{sigma}", "noise", (width, height, channels))
        for channels in (1, 3):
            golden.add(f"gaussian_blur {size}", "scene", (97, 61, channels))
            golden.add(f"gaussian_blur {size}", "stark", (31, 23, channels))
    # A bright column: its blur shows every tap, for many sigmas.
    for size in (3, 7, 13, 31):
        column = np.zeros((1, 2 * size, 1), np.uint8)
        column[0, size] = 255
        for sigma in (0.1, 0.3, 0.7, 0.8, 1, 1.5, 2, 3, 4.25, 10, 100):
            golden.add(f"gaussian_blur {size} {sigma}", "raw", image=column, name=f"taps of size {size}, sigma {sigma}")


def sobel_cases(golden):
    shapes = [(1, 1), (1, 7), (7, 1), (2, 2), (3, 3), (4, 5), (17, 13), (35, 19)]
    for op in ("sobel_magnitude", "sobel_dx", "sobel_dy"):
        for channels in (1, 3, 4):
            for width, height in shapes:
                golden.add(op, "noise", (width, height, channels))
            golden.add(op, "scene", (131, 77, channels))
        golden.add(op, "stark", (37, 23, 1))


def binary_cases(golden):
    shapes = [(1, 1), (1, 7), (16, 1), (17, 13), (35, 19)]
    for channels in (1, 2, 3, 4, 7):
        for width, height in shapes:
            golden.add(f"abs_diff {1000 + width}", "noise", (width, height, channels))
            for alpha in (0, 0.001, 0.25, 0.5, 0.7, 1):
                golden.add(f"blend {alpha} {2000 + width}", "noise", (width, height, channels))
        golden.add("abs_diff 7", "stark", (131, 77, channels))
        golden.add("blend 0.3 7", "stark", (131, 77, channels))


def gather_cases(golden):
    for channels in (1, 3, 4):
        for width, height in [(1, 1), (1, 5), (7, 1), (17, 13), (35, 19)]:
            for axis in ("horizontal", "vertical", "both"):
                golden.add(f"flip {axis}", "noise", (width, height, channels))
            for sides in ("0 0 0 0", "1 0 0 2", "3 2 1 0", "20 11 9 30"):
                for mode in ("constant 1 20 130 255", "replicate 0 0 0 0", "reflect_101 0 0 0 0"):
                    golden.add(f"pad {sides} {mode}", "noise", (width, height, channels))
            for frame in ("1 1", "5 9", "16 16", "40 23", "33 64"):
                golden.add(f"letterbox {frame} 114 10 200 7", "noise", (width, height, channels))
        for box in ("0 0 35 19", "34 18 1 1", "3 4 20 9", "0 7 35 2", "11 0 1 19"):
            golden.add(f"crop {box}", "noise", (35, 19, channels))
        for box in ("35 19", "1 1", "34 18", "20 9", "21 10"):
            golden.add(f"center_crop {box}", "noise", (35, 19, channels))
        golden.add("letterbox 64 64 114 114 114 114", "scene", (128, 96, channels))
        golden.add("letterbox 128 128 114 114 114 114", "scene", (192, 108, channels))


def stencil_cases(golden):
    shapes = [(1, 1), (1, 6), (9, 1), (2, 2), (3, 2), (5, 4), (17, 13), (29, 17)]
    for channels in (1, 3, 4):
        for width, height in shapes:
            shape = (width, height, channels)
            for size in (3, 5, 7, 9, 15, 31):
                for op in ("box_blur", "erode", "dilate"):
                    golden.add(f"{op} {size}", "noise", shape)
            for size in (3, 5):
                golden.add(f"median_blur {size}", "noise", shape)
            golden.add("laplacian_signed", "noise", shape)
            golden.add("laplacian_clamped", "noise", shape)
        for op in ("box_blur 5", "box_blur 31", "erode 7", "dilate 7", "median_blur 3", "median_blur 5",
                   "laplacian_signed", "laplacian_clamped"):
            golden.add(op, "scene", (131, 77, channels))
            golden.add(op, "stark", (70, 41, channels))


def pointwise_cases(golden):
    for channels in (1, 3, 4):
        for words in ("127 255", "0 255", "254 9", "255 255", "64 0"):
            golden.add(f"threshold {words}", "noise", (33, 14, channels))
    for width, height in [(2, 3), (2, 6), (8, 3), (34, 21), (64, 48)]:
        golden.add("nv12_to_rgb", "noise", (width, height, 1))
    golden.add("nv12_to_rgb", "noise", (1024, 768, 1))


def turned(angle, scale, source, target, shift):
    """A rotation about the middles of both images, as six words."""
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    x, y = target[0] / 2 - c * source[0] / 2 + s * source[1] / 2, target[1] / 2 - s * source[0] / 2 - c * source[1] / 2
    return " ".join(str(round(number, 6)) for number in (c, -s, x + shift[0], s, c, y + shift[1]))


def warp_cases(golden):
    """On the CPU of this machine, which must have AVX2: OpenCV's other code differs in the last bit."""
    if "AVX2" not in cv2.getCPUFeaturesLine():
        raise SystemExit("the vectors of warp_affine are those of a CPU with AVX2")
    pairs = [
        # (source, destination): tails of a row of 0 to 15 columns, one side of 1, more and less than a group of 16
        ((1, 1), (1, 1)), ((1, 1), (18, 3)), ((9, 1), (17, 4)), ((1, 9), (4, 17)), ((2, 2), (16, 16)), ((17, 13), (15, 21)),
        ((35, 19), (33, 14)), ((29, 31), (47, 11)), ((31, 17), (32, 16)),
    ]
    turns = [(0.3, 1, (0, 0)), (-1.1, 0.6, (1.5, -2)), (2.5, 1.7, (0.1, 0.2)), (3.1, 3, (-4, 3))]
    plain = ["1 0 0 0 1 0", "1 0 0.5 0 1 -0.25", "0.5 0 0 0 2 0", "-1 0 8 0 -1 5", "0 -1 12 1 0 0", "1 0.25 -1 0.5 1 -2",
             "1 0 100 0 1 0", "1e-3 0 0 0 1e3 -700", "1e20 -1e20 3 1e15 1 1"]
    for channels in (1, 3, 4):
        for source, (width, height) in pairs:
            shape = (*source, channels)
            for index, (angle, scale, shift) in enumerate(turns):
                words = turned(angle, scale, source, (width, height), shift)
                direction = ("forward", "inverse")[(index + width) % 2]
                golden.add(f"warp_affine {width} {height} {direction} {words} 114 10 200 7", "noise", shape)
        for words in plain:
            golden.add(f"warp_affine 37 15 forward {words} 0 255 9 100", "noise", (23, 18, channels))
            golden.add(f"warp_affine 19 22 inverse {words} 0 255 9 100", "noise", (23, 18, channels))
        # A singular matrix is one place, seen from the output.
        golden.add("warp_affine 19 5 inverse 0 0 3.5 0 0 4.25 0 0 0 0", "noise", (23, 18, channels))
        for angle in (0.05, 0.8, -2):
            words = turned(angle, 1.1, (331, 257), (311, 203), (0.3, 0.7))
            golden.add(f"warp_affine 311 203 forward {words} 0 0 0 0", "noise", (331, 257, channels))
            golden.add(f"warp_affine 303 211 inverse {words} 20 30 40 50", "stark", (331, 257, channels))


EDGES = "resize_bilinear 320 240 | rgb_to_gray | gaussian_blur 5 | sobel_magnitude"
STEPS = EDGES.split(" | ")


def chain_cases(golden):
    for width, height in ((640, 480), (427, 640), (1280, 720), (31, 17), (1, 1)):
        golden.add(EDGES, "scene", (width, height, 3))
    golden.add("resize_bilinear 24 18 | rgb_to_gray | gaussian_blur 5 | sobel_magnitude", "scene", (64, 48, 3))
    # A piece of a photograph, every step of the chain on its own and all of them.
    piece = np.ascontiguousarray(load("coffee.png")[60:156, 200:328])
    small = "resize_bilinear 40 30"
    for count in range(1, 5):
        chain = " | ".join([small, *STEPS[1:count]])
        golden.add(chain, "raw", image=piece, name=f"piece of coffee.png, {count} steps of the edges")
    golden.add("rgb_to_gray | gaussian_blur 9 | sobel_magnitude", "raw", image=piece, name="piece of coffee.png, wide")
    golden.add("rgb_to_gray | sobel_dx", "raw", image=piece, name="piece of coffee.png, dx")


# ---- photographs ----

def step(node):
    """The operator of a pipeline file's node, in the words of `apply`."""
    match node["op"]:
        case "resize":
            return f"resize_{node['interpolation']} {node['width']} {node['height']}"
        case "color":
            return node["conversion"]
        case "gaussian_blur":
            return f"gaussian_blur {node['size']} {node.get('sigma', '')}".rstrip()
        case "sobel":
            return f"sobel_{node.get('output', 'magnitude')}"
    raise SystemExit(f"this script does not know the operator {node['op']}")


def chains(path):
    """The outputs of a pipeline file, each as the chain of operators that leads to it."""
    pipeline = tomllib.loads(path.read_text())
    chain = {"input": []}
    for node in pipeline["node"]:
        chain[node["name"]] = chain[node["from"]] + [step(node)]
    read = {node["from"] for node in pipeline["node"]}
    unread = [name for name in chain if name not in read]
    return {name: " | ".join(chain[name]) for name in pipeline.get("outputs", unread)}


def load(photo):
    """Decodes a photograph to RGB samples, as the file stores them."""
    image = cv2.imread(str(PHOTOS / photo), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SystemExit(f"{PHOTOS / photo} cannot be read")
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB)


def describe(image):
    height, width, channels = image.shape
    return {"width": width, "height": height, "channels": channels, "fnv": fnv1a(image.tobytes())}


def photograph_cases():
    cases = []
    for photo in PHOTOGRAPHS:
        image = load(photo)
        for pipeline in (PIPELINES / name for name in PHOTOGRAPHED):
            cases.append({
                "pipeline": pipeline.name,
                "photo": photo,
                "input": describe(image),
                "outputs": {node: describe(apply(chain, image)) for node, chain in chains(pipeline).items()},
            })
    return cases


def main():
    if cv2.__version__ != VERSION:
        raise SystemExit(f"the golden vectors are those of OpenCV {VERSION}, this is {cv2.__version__}: "
                         "pip install opencv-python-headless==5.0.0.93")
    golden = Golden()
    resize_cases(golden)
    color_cases(golden)
    blur_cases(golden)
    sobel_cases(golden)
    chain_cases(golden)
    binary_cases(golden)
    gather_cases(golden)
    stencil_cases(golden)
    pointwise_cases(golden)
    warp_cases(golden)
    golden.write(HERE / "golden.bin")
    cases = photograph_cases()
    (HERE / "photographs.json").write_text(json.dumps(cases, indent=1) + "\n")
    print(f"photographs.json: {len(cases)} cases")


if __name__ == "__main__":
    main()

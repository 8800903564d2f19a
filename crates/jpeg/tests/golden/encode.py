"""Writes `encode.tsv`: the length and the SHA-256 of JPEG files that OpenCV and Pillow make of images that a formula gives.

    python -m venv golden && golden/bin/pip install numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0
    golden/bin/python crates/jpeg/tests/golden/encode.py

OpenCV makes every file. Pillow makes those that it has parameters for as well, and must agree.
"""

import hashlib
import io
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile, features

# Pillow's encoder writes optimized files in one piece.
ImageFile.MAXBLOCK = 1 << 26

FACTORS = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
}
# Pillow takes 4:1:1 for 4:2:0, and has no 4:4:0.
PILLOW = ("4:4:4", "4:2:2", "4:2:0")
KINDS = ("noise", "extremes", "smooth", "waves")
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 2500


def pixels(kind, width, height, channels, seed):
    """The image that `pixels` of `tests/encoding.rs` computes in the same way."""
    y, x, c = np.mgrid[:height, :width, :channels].astype(np.uint64)
    number = (y * np.uint64(width) + x) * np.uint64(channels) + c + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
    mixed = number * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    noise = mixed >> np.uint64(56)
    if kind == "noise":
        return noise.astype(np.uint8)
    if kind == "extremes":
        return ((noise >> np.uint64(7)) * np.uint64(255)).astype(np.uint8)
    slope = x * np.uint64(1 + seed % 5) + y * np.uint64(1 + seed % 3) + c * np.uint64(40)
    if kind == "smooth":
        return (slope + noise // np.uint64(64)).astype(np.uint8)
    # A square of what goes up and down, with edges where it wraps.
    up = slope % np.uint64(64)
    return (up * up // np.uint64(8) + (noise >> np.uint64(5))).astype(np.uint8)


def opencv(image, quality, subsampling, optimize, restart):
    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
    parameters += [cv2.IMWRITE_JPEG_OPTIMIZE, int(optimize)]
    if image.shape[2] == 3:
        parameters += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, FACTORS[subsampling]]
        image = np.ascontiguousarray(image[..., ::-1])
    done, file = cv2.imencode(".jpg", image, parameters)
    assert done
    return file.tobytes()


def pillow(image, quality, subsampling, optimize, restart):
    file = io.BytesIO()
    image = image[..., 0] if image.shape[2] == 1 else image
    options = {"subsampling": subsampling} if image.ndim == 3 else {}
    Image.fromarray(image).save(
        file, "JPEG", quality=quality, optimize=optimize, restart_marker_blocks=restart, **options
    )
    return file.getvalue()


def cases():
    random = np.random.default_rng(19)
    # Every size around one MCU of each subsampling, then any.
    sizes = [(w, h) for w in range(1, 18) for h in (1, 2, 7, 8, 9, 15, 16, 17)]
    for number in range(COUNT):
        if number < len(sizes):
            width, height = sizes[number]
        else:
            most = 64 if number % 4 else 300
            width, height = (int(v) for v in random.integers(1, most, 2))
        yield (
            KINDS[int(random.integers(len(KINDS)))],
            width,
            height,
            3 if random.random() < 0.85 else 1,
            number,
            int(random.integers(1, 101)),
            list(FACTORS)[int(random.integers(len(FACTORS)))],
            bool(random.random() < 0.3),
            int(random.integers(1, 12)) if random.random() < 0.3 else 0,
        )


def main():
    lines = [
        f"# OpenCV {cv2.__version__}; Pillow {Image.__version__} with libjpeg-turbo {features.version('libjpeg_turbo')}",
        "# kind\twidth\theight\tchannels\tseed\tquality\tsubsampling\toptimize\trestart\tbytes\tsha256",
    ]
    agreed = 0
    for case in cases():
        kind, width, height, channels, seed, *options = case
        image = pixels(kind, width, height, channels, seed)
        file = opencv(image, *options)
        if channels == 1 or options[1] in PILLOW:
            assert pillow(image, *options) == file, case
            agreed += 1
        quality, subsampling, optimize, restart = options
        hashed = hashlib.sha256(file).hexdigest()[:16]
        columns = [kind, width, height, channels, seed, quality, subsampling, int(optimize), restart, len(file), hashed]
        lines.append("\t".join(map(str, columns)))
    (Path(__file__).parent / "encode.tsv").write_text("\n".join(lines) + "\n")
    print(f"{len(lines) - 2} files, {agreed} of them Pillow's as well")


if __name__ == "__main__":
    main()

"""Writes WebP files by Pillow, and beside each a PNG file of the pixels that Pillow reads from it.

python3 generate.py, with Pillow 13.0.0 and NumPy.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def photo(width: int, height: int, noise: int, seed: int) -> Image.Image:
    """A smooth image with noise in its right half."""
    drawn = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    planes = np.stack([rows * 3, columns * 2, rows + columns], axis=-1)
    spread = drawn.integers(0, noise, planes.shape)
    spread[:, : width // 2] = 0
    return Image.fromarray((planes + spread).clip(0, 255).astype(np.uint8))


def with_alpha(image: Image.Image) -> Image.Image:
    """The image with alpha that falls from left to right."""
    width, height = image.size
    alpha = np.broadcast_to(np.arange(width) * 255 // max(width - 1, 1), (height, width))
    image = image.convert("RGBA")
    image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return image


def turned() -> bytes:
    """EXIF data that ask for a quarter of a turn."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def main() -> None:
    """Writes all files."""
    small, large = photo(37, 29, 60, 1), photo(150, 90, 90, 2)
    few = small.quantize(11).convert("RGB")
    files = {
        "lossy": (small, {"quality": 80}),
        "lossy_low": (large, {"quality": 10, "method": 6}),
        "lossy_alpha": (with_alpha(small), {"quality": 60}),
        "lossy_alpha_plain": (with_alpha(small), {"quality": 60, "method": 0}),
        "lossy_turned": (small, {"quality": 80, "exif": turned()}),
        "lossless": (small, {"lossless": True}),
        "lossless_alpha": (with_alpha(small), {"lossless": True, "exact": True}),
        "lossless_palette": (few, {"lossless": True}),
        "lossless_groups": (large, {"lossless": True, "quality": 100, "method": 6}),
        "lossless_one": (Image.new("RGB", (1, 1), (7, 8, 9)), {"lossless": True}),
        "animation": (
            small,
            {"save_all": True, "append_images": [few], "lossless": True},
        ),
    }
    for name, (image, options) in files.items():
        file = io.BytesIO()
        image.save(file, "WEBP", **options)
        (HERE / f"{name}.webp").write_bytes(file.getvalue())
        if name != "animation":
            pixels = Image.open(file)
            Image.fromarray(np.asarray(pixels)).save(HERE / f"{name}.png")


if __name__ == "__main__":
    main()

"""The files that examples of the documentation find in their folder."""

from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
PHOTOS = REPOSITORY / "examples" / "photos"

#: Names that examples use, each with the photo behind it.
NAMES = {
    "cat.jpg": "chelsea.png",
    "dog.png": "coffee.png",
    "photos/camera.png": "camera.png",
    "photos/cat.jpg": "chelsea.png",
    "photos/coffee.png": "coffee.png",
    "photos/rocket.jpg": "rocket.jpg",
}


def put_into(folder: Path) -> None:
    """Write the files of `NAMES` into a folder."""
    for name, photo in NAMES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        with Image.open(PHOTOS / photo) as image:
            image.convert("RGB").save(file)

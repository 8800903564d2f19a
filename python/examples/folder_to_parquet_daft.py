"""Makes CLIP tensors of the images of a folder, in Parquet, with Daft.

    python folder_to_parquet_daft.py examples/photos /tmp/tensors

The columns are the path and the tensor; other files are left out. A GPU is used where
there is one, and the bytes are the same without one.
"""

from __future__ import annotations

import argparse

import daft
import pixelflume as pf
import pixelflume.daft

PATTERN = "*.{jpg,jpeg,png,bmp}"


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", help="a folder of images, read with its folders")
    parser.add_argument("tensors", help="a folder for the Parquet files")
    parser.add_argument(
        "--processor", default="clip", help="a name, or a preprocessor_config.json"
    )
    parser.add_argument(
        "--device", default=None, help="cuda or host; by default the best"
    )
    parser.add_argument("--batch", type=int, default=64, help="images of an execution")
    parser.add_argument("--on-error", choices=["error", "skip"], default="skip")
    return parser.parse_args()


def main() -> None:
    """Writes the tensors."""
    given = arguments()
    pipeline = pf.processor(given.processor)
    files = daft.from_glob_path(f"{given.images}/**/{PATTERN}").select("path")
    files = files.with_column("bytes", files["path"].download())
    tensors = pixelflume.daft.with_tensors(
        files,
        pipeline,
        "bytes",
        output="pixel_values",
        on_error=given.on_error,
        device=given.device,
        batch=given.batch,
    )
    tensors.exclude("bytes").write_parquet(given.tensors)
    print(f"wrote {given.tensors}")


if __name__ == "__main__":
    main()

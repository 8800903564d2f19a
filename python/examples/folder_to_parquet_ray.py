"""Makes CLIP tensors of the images of a folder, in Parquet, with Ray Data.

    python folder_to_parquet_ray.py examples/photos /tmp/tensors --actors 2

The columns are the path and the tensor; other files are left out. A GPU is used with
--gpus, and the bytes are the same without one.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("RAY_AUTH_MODE", "disabled")

import pixelflume as pf
import pixelflume.ray
import ray

EXTENSIONS = ["jpg", "jpeg", "png", "bmp"]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", help="a folder of images, read with its folders")
    parser.add_argument("tensors", help="a folder for the Parquet files")
    parser.add_argument(
        "--processor", default="clip", help="a name, or a preprocessor_config.json"
    )
    parser.add_argument("--actors", type=int, default=1)
    parser.add_argument("--cpus", type=float, default=1, help="CPUs of an actor")
    parser.add_argument("--gpus", type=float, default=0, help="GPUs of an actor")
    parser.add_argument("--batch", type=int, default=64, help="images of an execution")
    parser.add_argument("--on-error", choices=["error", "skip"], default="skip")
    return parser.parse_args()


def main() -> None:
    """Writes the tensors."""
    given = arguments()
    pipeline = pf.processor(given.processor)
    files = ray.data.read_binary_files(
        given.images, include_paths=True, file_extensions=EXTENSIONS
    )
    tensors = files.map_batches(
        pixelflume.ray.Stage,
        **pixelflume.ray.options(
            pipeline,
            column="bytes",
            output="pixel_values",
            on_error=given.on_error,
            actors=given.actors,
            cpus=given.cpus,
            gpus=given.gpus,
            batch=given.batch,
        ),
    )
    tensors.drop_columns(["bytes"]).write_parquet(given.tensors)
    print(f"wrote {given.tensors}")


if __name__ == "__main__":
    main()

"""A worker of resample_peers.py: one image resized by Pillow (any build of it), torchvision or OpenCV on one thread.

Arguments and protocol are those of fast_image_resize/src/main.rs: LIBRARY FILTER WIDTH HEIGHT TARGET_WIDTH TARGET_HEIGHT INPUT
OUTPUT; `ready VERSION`; then nanoseconds for each line with a number of images.
"""

import sys
import time

import numpy as np

COPIES = 8


def pillow(filter_name, target, samples):
    import PIL
    from PIL import Image

    images = [Image.fromarray(samples.copy()) for _ in range(COPIES)]
    method = getattr(Image.Resampling, filter_name.upper())
    name = "Pillow-SIMD" if "post" in PIL.__version__ else "Pillow"
    return f"{name} {PIL.__version__}", lambda copy: images[copy].resize(target, method), np.asarray


def torchvision(filter_name, target, samples, layout):
    import torch
    import torchvision
    from torchvision.transforms.v2 import InterpolationMode, functional

    torch.set_num_threads(1)
    planar = torch.from_numpy(samples).permute(2, 0, 1)
    # As from a decoder of torchvision (planes), and as from an array of pixels (channels last).
    copies = [planar.contiguous() if layout == "planar" else planar.clone() for _ in range(COPIES)]
    size, mode = [target[1], target[0]], InterpolationMode(filter_name)
    run = lambda copy: functional.resize(copies[copy], size, interpolation=mode, antialias=True)
    return f"torchvision {torchvision.__version__}, torch {torch.__version__}", run, lambda out: out.permute(1, 2, 0).numpy()


def opencv(filter_name, target, samples):
    import cv2

    cv2.setNumThreads(1)
    copies = [samples.copy() for _ in range(COPIES)]
    run = lambda copy: cv2.resize(copies[copy], target, interpolation=cv2.INTER_AREA)
    return f"OpenCV {cv2.__version__}", run, lambda out: out


def main():
    library, filter_name, *numbers, source, out = sys.argv[1:]
    width, height, *target = map(int, numbers)
    samples = np.fromfile(source, np.uint8).reshape(height, width, 3)
    makers = {
        "pillow": pillow,
        "torchvision": lambda *task: torchvision(*task, "planar"),
        "torchvision-channels-last": lambda *task: torchvision(*task, "interleaved"),
        "opencv-area": opencv,
    }
    version, run, result = makers[library](filter_name, tuple(target), samples)
    np.ascontiguousarray(result(run(0))).tofile(out)
    print(f"ready {version}", flush=True)
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter_ns()
        for index in range(count):
            run(index % COPIES)
        print(time.perf_counter_ns() - start, flush=True)


if __name__ == "__main__":
    main()

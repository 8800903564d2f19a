"""OpenCV on the CPU: a loop over the images of a batch, on one thread, and over a pool of threads with one image each."""

import os
from concurrent.futures import ThreadPoolExecutor

import common
import numpy as np

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def edges(cv2, gray):
    smooth = cv2.GaussianBlur(gray, (5, 5), 0)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return cv2.convertScaleAbs(cv2.magnitude(dx, dy))


def classify(cv2, image):
    small = cv2.resize(image, (256, 256))[16:240, 16:240]
    tensor = (small.astype(np.float32) * np.float32(1 / 255) - MEAN) / STD
    return np.ascontiguousarray(tensor.transpose(2, 0, 1))


def letterbox(cv2, image):
    small = cv2.resize(image, (640, 360))
    boxed = cv2.copyMakeBorder(small, 140, 140, 0, 0, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return np.ascontiguousarray((boxed.astype(np.float32) * np.float32(1 / 255)).transpose(2, 0, 1)).astype(np.float16)


def resample(cv2, image):
    """OpenCV has no antialiased bicubic; the filter for smaller images is the mean over areas."""
    small = cv2.resize(image, (224, 224), interpolation=cv2.INTER_AREA)
    tensor = (small.astype(np.float32) * np.float32(1 / 255) - MEAN) / STD
    return np.ascontiguousarray(tensor.transpose(2, 0, 1)).astype(np.float16)


def operations(cv2):
    gray = lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return {
        "edge-full": lambda image: edges(cv2, gray(image)),
        "edge-small": lambda image: edges(cv2, gray(cv2.resize(image, (320, 240)))),
        "blur5": lambda image: cv2.GaussianBlur(image, (5, 5), 0),
        "blur7": lambda image: cv2.GaussianBlur(image, (7, 7), 0),
        "gray": gray,
        "resize": lambda image: cv2.resize(image, (640, 360)),
        "classify": lambda image: classify(cv2, image),
        "letterbox": lambda image: letterbox(cv2, image),
        "resample": lambda image: resample(cv2, image),
        "upscale2": lambda image: cv2.resize(image, (1920, 1080)),
        "upscale3": lambda image: cv2.resize(image, (1056, 1056)),
        "latency": lambda image: edges(cv2, gray(cv2.resize(image, (320, 240)))),
    }


def main():
    options = common.arguments(__doc__).parse_args()
    try:
        import cv2
    except ImportError:
        print("opencv: not installed (the package opencv-python-headless)")
        return
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    budget = 0.3 if options.quick else 1.0
    results = {1: [], threads: []}
    for workload in common.workloads(options):
        operation = operations(cv2)[workload.name]
        agree = common.agreement([operation(image) for image in workload.inputs()], workload.expected())
        # Larger than the caches, like the inputs of `pixelflume bench --device host`.
        inputs = [workload.input_batch() for _ in range(min(workload.rotation(), 4))]
        for count, list_of_results in results.items():
            # A single image is computed by all threads; of several images, each thread takes one at a time.
            cv2.setNumThreads(count if workload.batch == 1 else 1)
            turn = iter(range(1 << 30))
            with ThreadPoolExecutor(count) as pool:
                if count == 1 or workload.batch == 1:
                    run = lambda: [operation(image) for image in inputs[next(turn) % len(inputs)]]
                else:
                    run = lambda: list(pool.map(operation, inputs[next(turn) % len(inputs)]))
                times = common.wall_times(run, budget)
            list_of_results.append(
                {
                    "name": workload.name,
                    "batch": workload.batch,
                    "timed": "wall",
                    "us_per_batch": common.spread(times),
                    "agreement": agree,
                }
            )
    for count, list_of_results in results.items():
        name = "opencv, 1 thread" if count == 1 else f"opencv, {count} threads"
        path = options.json if count == 1 else options.json.replace(".json", "-all.json")
        common.save(path, name, cv2.__version__, {"device": "cpu", "threads": count}, list_of_results)


if __name__ == "__main__":
    main()

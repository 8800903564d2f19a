#!/usr/bin/env python3
"""Makes the golden vectors: what OpenCV computes, for the tests of every executor.

    pip install opencv-python-headless==5.0.0.93 numpy ml_dtypes==0.6.0
    python crates/ops/tests/golden/generate.py [KIND ...]

Runs src/<kind>/golden.py of each operator, or of the named ones, which writes src/<kind>/golden.bin (the format: vectors.py).
Without a kind it also writes, beside this script, chains.bin (operators one after the other) and photographs.json (the
pipelines of examples/pipelines on the photographs of examples/photos). The output is deterministic; another version of
OpenCV is refused, because its arithmetic may differ.

A golden.py has `SEED`, the seed of its first input, `apply(image, **parameters)`, and `cases(golden)`, which adds the cases. Where it
also has `near_cases(golden)`, these are written to src/<kind>/near.bin: cases that OpenCV computes by another formula, to which a test
gives a bound.

OpenCV runs without Intel's IPP, whose code is closed and computes cubic resizes otherwise. All other vectors are the same with it.

photographs.json
    What the pipelines (read from their files) make of the photographs. A list of objects: pipeline, photo (file names), input
    {width, height, channels, fnv} of the decoded RGB samples (gray photographs repeated to three channels), outputs {node:
    {width, height, channels, fnv}}, all u8.
"""

import importlib.util
import json
import os
import sys
import tomllib
from pathlib import Path

# Read when cv2 is imported.
os.environ["OPENCV_IPP"] = "disabled"

import cv2
import numpy as np

from vectors import VERSION, Golden, fnv1a

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "src"
EXAMPLES = HERE.parents[3] / "examples"
PHOTOS = EXAMPLES / "photos"
PIPELINES = EXAMPLES / "pipelines"
# Those whose outputs are 8-bit samples.
PHOTOGRAPHED = ["edges.toml", "fork_join.toml", "thumbnails.toml"]
# PNG only: JPEG decoders differ from each other.
PHOTOGRAPHS = ["chelsea.png", "coffee.png", "camera.png"]
# Keys of a node that are no parameters.
NODE_KEYS = ["name", "op", "from"]


def load(path):
    """The script of an operator, as a module."""
    spec = importlib.util.spec_from_file_location(f"golden_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def chain_cases(golden):
    gray = ("color", {"conversion": "rgb_to_gray"})

    def small(width, height):
        return ("resize", {"width": width, "height": height, "interpolation": "bilinear"})

    edges = [small(320, 240), gray, ("gaussian_blur", {"size": 5}), ("sobel", {"output": "magnitude"})]
    for width, height in ((640, 480), (427, 640), (1280, 720), (31, 17), (1, 1)):
        golden.add_chain(edges, "scene", (width, height, 3))
    golden.add_chain([small(24, 18), *edges[1:]], "scene", (64, 48, 3))
    # A piece of a photograph, every step of the chain on its own and all of them.
    piece = np.ascontiguousarray(photograph("coffee.png")[60:156, 200:328])
    for count in range(1, 5):
        name = f"piece of coffee.png, {count} steps of the edges"
        golden.add_chain([small(40, 30), *edges[1:count]], "raw", image=piece, name=name)
    wide = [gray, ("gaussian_blur", {"size": 9}), ("sobel", {"output": "magnitude"})]
    golden.add_chain(wide, "raw", image=piece, name="piece of coffee.png, wide")
    golden.add_chain([gray, ("sobel", {"output": "dx"})], "raw", image=piece, name="piece of coffee.png, dx")


def photograph(name):
    """Decodes a photograph to RGB samples, as the file stores them."""
    image = cv2.imread(str(PHOTOS / name), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SystemExit(f"{PHOTOS / name} cannot be read")
    return cv2.cvtColor(image, cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB)


def chains(path):
    """The outputs of a pipeline file, each as the chain of operators that leads to it."""
    pipeline = tomllib.loads(path.read_text())
    chain = {"input": []}
    for node in pipeline["node"]:
        parameters = {name: value for name, value in node.items() if name not in NODE_KEYS}
        chain[node["name"]] = chain[node["from"]] + [(node["op"], parameters)]
    read = {node["from"] for node in pipeline["node"]}
    unread = [name for name in chain if name not in read]
    return {name: chain[name] for name in pipeline.get("outputs", unread)}


def describe(image):
    height, width, channels = image.shape
    return {"width": width, "height": height, "channels": channels, "fnv": fnv1a(image.tobytes())}


def photograph_cases(golden):
    cases = []
    for name in PHOTOGRAPHS:
        image = photograph(name)
        for pipeline in (PIPELINES / file for file in PHOTOGRAPHED):
            cases.append({
                "pipeline": pipeline.name,
                "photo": name,
                "input": describe(image),
                "outputs": {node: describe(golden.run(chain, image)) for node, chain in chains(pipeline).items()},
            })
    return cases


def main(kinds):
    if cv2.__version__ != VERSION:
        raise SystemExit(f"the golden vectors are those of OpenCV {VERSION}, this is {cv2.__version__}: "
                         "pip install opencv-python-headless==5.0.0.93")
    scripts = {path.parent.name: load(path) for path in sorted(SOURCE.glob("*/golden.py"))}
    operators = {kind: script.apply for kind, script in scripts.items()}
    for kind in kinds or scripts:
        golden = Golden(operators, kind, scripts[kind].SEED)
        scripts[kind].cases(golden)
        golden.write(SOURCE / kind / "golden.bin")
        if hasattr(scripts[kind], "near_cases"):
            golden = Golden(operators, kind, scripts[kind].SEED + len(golden.blocks))
            scripts[kind].near_cases(golden)
            golden.write(SOURCE / kind / "near.bin")
    if not kinds:
        golden = Golden(operators, seed=25596)
        chain_cases(golden)
        golden.write(HERE / "chains.bin")
        cases = photograph_cases(golden)
        (HERE / "photographs.json").write_text(json.dumps(cases, indent=1) + "\n")
        print(f"photographs.json: {len(cases)} cases")


if __name__ == "__main__":
    main(sys.argv[1:])

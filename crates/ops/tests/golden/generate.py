#!/usr/bin/env python3
"""Makes the golden vectors: what the library that an operator equals computes, for the tests of every executor.

    pip install opencv-python-headless==5.0.0.93 numpy ml_dtypes==0.6.0
    python crates/ops/tests/golden/generate.py [KIND[.LIKE] ...]

Runs src/<kind>/golden.py of each operator, or of the named ones, which writes src/<kind>/golden.bin (the format: vectors.py).
Without a kind it also writes, beside this script, chains.bin (operators one after the other) and photographs.json (the
pipelines of examples/pipelines on the photographs of examples/photos). The output is deterministic; another version of the
library is refused, because its arithmetic may differ.

A golden.py has `SEED`, the seed of its first input, `apply(image, **parameters)`, and `cases(golden)`, which adds the cases. Where it
also has `near_cases(golden)`, these are written to src/<kind>/near.bin: cases that OpenCV computes by another formula, to which a
test gives a bound. It equals OpenCV unless it has `LIBRARIES`: a dictionary of `Library` (vectors.py) by LIKE, the name of what is equaled. Each of
them has a file of its own, golden_<like>.bin (golden.bin for `opencv`), which is written where the library is installed in the
version that it names; `golden.like` tells `cases` for which of them they are. Libraries that exclude each other (two versions of
Pillow) need an environment each:

    pip install pillow==12.3.0 numpy && python crates/ops/tests/golden/generate.py resample.pillow12

Files whose library is not installed are left as they are, with a message. A golden.py imports its libraries in functions.

Some golden.py have `random_cases(golden, random, count)`, which adds many random cases. They are compared once and not committed:

    python crates/ops/tests/golden/generate.py --random 2000 /tmp/random.bin resample.pillow13
    PIXELFLUME_GOLDEN=/tmp/random.bin cargo test -p pixelflume-ops --test golden --test host_golden

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

import numpy as np

from vectors import OPENCV, Golden, fnv1a

# Read when cv2 is imported.
os.environ["OPENCV_IPP"] = "disabled"

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
    import cv2

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


def make(kind, script, operators, like=None):
    """Writes the files of an operator whose libraries are installed, or the one of `like`."""
    libraries = getattr(script, "LIBRARIES", {"opencv": OPENCV})
    if like is not None and like not in libraries:
        raise SystemExit(f"{kind} has golden vectors of {', '.join(libraries)}, not of {like}")
    for name, library in libraries.items():
        if like not in (None, name):
            continue
        file = "golden.bin" if name == "opencv" else f"golden_{name}.bin"
        missing = library.missing()
        if missing and like:
            raise SystemExit(f"{kind}/{file} cannot be made: {missing}")
        if missing:
            print(f"{kind}/{file} is left as it is: {missing}")
            continue
        golden = Golden(operators, kind, script.SEED, library, name)
        script.cases(golden)
        golden.write(SOURCE / kind / file)
        if name == "opencv" and hasattr(script, "near_cases"):
            golden = Golden(operators, kind, script.SEED + len(golden.blocks), library, name)
            script.near_cases(golden)
            golden.write(SOURCE / kind / "near.bin")


def make_random(count, path, name):
    """Writes random cases of the operator that is named to a file."""
    kind, _, like = name.partition(".")
    script = load(SOURCE / kind / "golden.py")
    library = getattr(script, "LIBRARIES", {"opencv": OPENCV})[like or "opencv"]
    if library.missing():
        raise SystemExit(f"{name} cannot be made: {library.missing()}")
    golden = Golden({kind: script.apply}, kind, script.SEED, library, like or "opencv")
    script.random_cases(golden, np.random.default_rng(script.SEED), count)
    golden.write(Path(path))


def main(names):
    if names and names[0] == "--random":
        make_random(int(names[1]), names[2], names[3])
        return
    wanted = dict(name.split(".") if "." in name else (name, None) for name in names)
    paths = {path.parent.name: path for path in sorted(SOURCE.glob("*/golden.py"))}
    unknown = [kind for kind in wanted if kind not in paths]
    if unknown:
        raise SystemExit(f"no golden.py of {', '.join(unknown)}")
    missing = OPENCV.missing()
    if not names and missing:
        raise SystemExit(f"all golden vectors together need OpenCV: {missing}")
    scripts = {kind: load(path) for kind, path in paths.items() if not names or kind in wanted}
    operators = {kind: script.apply for kind, script in scripts.items()}
    for kind, script in scripts.items():
        make(kind, script, operators, wanted.get(kind))
    if not names:
        golden = Golden(operators, seed=25596)
        chain_cases(golden)
        golden.write(HERE / "chains.bin")
        cases = photograph_cases(golden)
        (HERE / "photographs.json").write_text(json.dumps(cases, indent=1) + "\n")
        print(f"photographs.json: {len(cases)} cases")


if __name__ == "__main__":
    main(sys.argv[1:])

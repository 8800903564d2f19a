"""Golden vectors of `center_crop`: what the libraries make of its cases. `crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

from vectors import Library, array, tensor

SEED = 25898
TORCHVISION = {"torchvision": "0.29.2", "torch": "2.15.0"}
TRANSFORMERS = {"transformers": "5.23.0", **TORCHVISION}
LIBRARIES = {
    "numpy": Library("numpy", {"numpy": None}),
    "torchvision": Library("torchvision", TORCHVISION),
    "transformers": Library("transformers", TRANSFORMERS),
    "transformers_pillow": Library("transformers", TRANSFORMERS),
}


def apply(image, width, height, like):
    if like == "numpy":
        x, y = (image.shape[1] - width) // 2, (image.shape[0] - height) // 2
        return image[y:y + height, x:x + width]
    if like == "torchvision":
        from torchvision import transforms

        return array(transforms.CenterCrop((height, width))(tensor(image)))
    from transformers.image_utils import SizeDict

    size = SizeDict(height=height, width=width)
    if like == "transformers":
        from transformers import CLIPImageProcessor

        return array(CLIPImageProcessor().center_crop(tensor(image), size))
    from transformers import CLIPImageProcessorPil

    planes = np.ascontiguousarray(image.transpose(2, 0, 1))
    return CLIPImageProcessorPil().center_crop(planes, size).transpose(1, 2, 0)


def cases(golden):
    def add(width, height, shape, **of):
        golden.add({"width": width, "height": height, "like": golden.like}, "noise", shape, **of)

    # The differences of sides are even, and odd: 1, 3, 5 and more.
    for channels in (1, 3, 4):
        for width, height in ((35, 19), (1, 1), (34, 18), (20, 9), (21, 10), (32, 14), (30, 12)):
            add(width, height, (35, 19, channels))
    for sample in ("i16", "f16", "bf16", "f32"):
        for layout in ("interleaved", "planar"):
            if golden.like == "transformers_pillow" and sample == "bf16":
                continue
            add(4, 4, (9, 7, 3), sample=sample, layout=layout)
    if golden.like == "numpy":
        return
    # Too small: along both axes, and along one of them.
    for channels in (1, 3, 4):
        for width, height in ((40, 20), (41, 22), (38, 10), (9, 23), (36, 18)):
            add(width, height, (35, 19, channels))
    for layout in ("interleaved", "planar"):
        add(10, 4, (9, 7, 3), sample="f32", layout=layout)
        add(4, 10, (9, 7, 4), sample="f16", layout=layout)

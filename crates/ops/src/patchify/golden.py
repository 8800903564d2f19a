"""Golden vectors of `patchify`: the patches of image processors of transformers. `crates/ops/tests/golden/generate.py` runs it.

Qwen2-VL has groups of patches and a repeated frame, SigLIP 2 and Gemma 4 the channels last, and Idefics3 large patches, its tiles. No
processor has the order `tchw`: it is that of Qwen2-VL with two axes swapped.
"""

import numpy as np

from vectors import Library, tensor

SEED = 28700
LIBRARIES = {"transformers": Library("transformers", {"transformers": "5.23.0", "torchvision": "0.29.2", "torch": "2.15.0"})}


def apply(image, width, height, merge=1, temporal=1, order="cthw"):
    import importlib

    import transformers

    assert width == height
    planes, channels = tensor(image), image.shape[2]
    if order == "thwc":
        assert (merge, temporal) == (1, 1)
        module = importlib.import_module("transformers.models.siglip2.image_processing_siglip2")
        again = importlib.import_module("transformers.models.gemma4.image_processing_gemma4")
        rows = module.convert_image_to_patches(planes, width)
        # Not `equal` of torch: random bits are NaN at times.
        assert rows.contiguous().numpy().tobytes() == again.convert_image_to_patches(planes, width).contiguous().numpy().tobytes()
    elif (merge, temporal, order) == (1, 1, "cthw"):
        frames, down, across = transformers.Idefics3ImageProcessor().split_images(planes[None], {"longest_edge": width}, resample=0)
        # The last one is the whole image, resized.
        rows = frames[0, :-1].reshape(down[0] * across[0], -1)
    else:
        rows, _, _ = transformers.Qwen2VLImageProcessor().patchify(planes[None], width, merge, temporal)
        rows = rows[0]
        if order == "tchw":
            rows = rows.reshape(len(rows), channels, temporal, -1).transpose(1, 2).reshape(len(rows), -1)
    return np.ascontiguousarray(rows.numpy())[:, :, None]


def cases(golden):
    for sample, layout in (("u8", "interleaved"), ("u8", "planar"), ("f16", "planar"), ("f32", "interleaved"), ("f32", "planar")):
        for channels in (1, 3, 4):
            def add(shape, patch, **parameters):
                parameters = {"width": patch, "height": patch, **parameters}
                golden.add(parameters, "noise", (*shape, channels), sample=sample, layout=layout, to="interleaved")

            add((12, 8), 2, merge=2, temporal=2)
            add((9, 18), 3, merge=3, temporal=1)
            add((6, 4), 2, temporal=3)
            add((6, 4), 2, temporal=2, order="tchw")
            add((8, 12), 4, order="thwc")
            add((9, 3), 3, order="thwc")
            add((16, 8), 8)
            add((5, 15), 5)

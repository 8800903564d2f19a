"""Golden vectors of `rescale`: the image processors of EfficientNet in transformers, which have an offset. ViViT's, which subtracts
1 as well, is compared with them. `crates/ops/tests/golden/generate.py` runs it.
"""

import numpy as np
from floats import levels, of_tensor, to_tensor
from vectors import Library

SEED = 27700
TORCH = {"torch": "2.15.0", "ml_dtypes": "0.6.0"}
LIBRARIES = {
    "transformers": Library("transformers", {"transformers": "5.23.0", "torchvision": "0.29.2", **TORCH}),
    "transformers_pillow": Library("transformers", {"transformers": "5.23.0", **TORCH}),
}


def apply(image, scale, like, offset=False, sample="f32", layout="interleaved"):
    import torch

    if like == "transformers":
        from transformers.models.efficientnet.image_processing_efficientnet import EfficientNetImageProcessor

        tensor = EfficientNetImageProcessor().rescale(to_tensor(image), scale, offset=offset)
    else:
        from transformers.models.efficientnet.image_processing_pil_efficientnet import EfficientNetImageProcessorPil
        from transformers.models.vivit.image_processing_vivit import VivitImageProcessor

        planes = np.ascontiguousarray(image.transpose(2, 0, 1))
        out = EfficientNetImageProcessorPil().rescale(planes, scale, offset=offset)
        assert (out == VivitImageProcessor().rescale(planes, scale, offset=offset)).all()
        tensor = torch.from_numpy(out)
    return of_tensor(tensor, sample, layout)


def cases(golden):
    for channels, scale in ((1, 1 / 255), (3, 1 / 255), (3, 1 / 127.5), (4, 1 / 127.5), (1, 0.3), (1, 1 / 256), (1, 1e-40), (1, -0.1)):
        for offset in (False, True):
            for sample, layout in (("f32", "interleaved"), ("f16", "planar"), ("bf16", "interleaved")):
                parameters = {"scale": scale, "offset": offset, "like": golden.like, "sample": sample, "layout": layout}
                golden.add(parameters, "raw", image=levels(channels))

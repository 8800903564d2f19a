"""Golden vectors of `pad_mask`: the `pixel_mask` that image processors of transformers make, or an image of ones that they pad.
`crates/ops/tests/golden/generate.py` runs it."""

import numpy as np

from vectors import Library, array, tensor

SEED = 28400
LIBRARIES = {"transformers": Library("transformers", {"transformers": "5.23.0", "torchvision": "0.29.2", "torch": "2.15.0"})}


def apply(image, width=None, height=None, square=False, multiple=1, position="top_left", largest=False):
    # Of a batch of one image: the largest one is the image itself.
    import transformers

    if width is not None:
        assert (square, multiple, position) == (False, 1, "top_left")
        _, mask, _ = transformers.DetrImageProcessor().pad(tensor(image), (height, width))
        return mask.numpy().astype(np.uint8)[:, :, None]
    ones = tensor(np.ones((*image.shape[:2], 1), np.uint8))
    if square:
        assert (multiple, position) == (1, "center")
        return array(transformers.LlavaImageProcessor().pad_to_square(ones))
    if position == "center":
        return array(transformers.DPTImageProcessor().pad_image(ones[None], multiple)[0])
    return array(transformers.VitMatteImageProcessor()._pad_image(ones, multiple))


def cases(golden):
    for sample, layout in (("u8", "interleaved"), ("f32", "planar"), ("f16", "interleaved")):
        for shape in ((7, 5, 3), (4, 9, 1)):
            def add(**parameters):
                golden.add(parameters, "noise", shape, sample=sample, layout=layout, to="interleaved")

            add(width=12, height=10)
            add(width=7, height=9)
            add(multiple=4)
            add(multiple=8, position="center")
            add(multiple=5, position="center")
            add(square=True, position="center")
            add(multiple=4, largest=True)

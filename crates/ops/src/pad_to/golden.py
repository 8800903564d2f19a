"""Golden vectors of `pad_to`: what the image processors of transformers make of its cases. `crates/ops/tests/golden/generate.py`
runs it."""

from vectors import Library, array, tensor

SEED = 28100
LIBRARIES = {"transformers": Library("transformers", {"transformers": "5.23.0", "torchvision": "0.29.2", "torch": "2.15.0"})}


def apply(image, width=None, height=None, square=False, multiple=1, position="top_left", value=(0,)):
    import transformers
    from transformers.image_utils import SizeDict

    planes = tensor(image)
    if square:
        assert (width, height, multiple, position) == (None, None, 1, "center")
        return array(transformers.LlavaImageProcessor().pad_to_square(planes, background_color=tuple(value)))
    if multiple > 1 and position == "center":
        assert (width, height, value) == (None, None, (0,))
        return array(transformers.DPTImageProcessor().pad_image(planes[None], multiple)[0])
    if multiple > 1:
        assert (width, height, value) == (None, None, (0,))
        return array(transformers.VitMatteImageProcessor()._pad_image(planes, multiple))
    assert position == "top_left"
    size = SizeDict(height=height, width=width)
    fill = value[0] if len(value) == 1 else list(value)
    return array(transformers.CLIPImageProcessor().pad([planes], size, fill_value=fill)[0])


def cases(golden):
    types = [("u8", "interleaved"), ("u8", "planar"), ("f32", "planar"), ("f32", "interleaved"), ("f16", "planar"), ("bf16", "planar")]
    for sample, layout in types:
        for shape in ((7, 5, 3), (4, 9, 1), (6, 6, 4)):
            def add(**parameters):
                golden.add(parameters, "noise", shape, sample=sample, layout=layout)

            add(width=12, height=10)
            add(width=7, height=9)
            add(width=9, height=9, value=(3,))
            add(multiple=4)
            add(multiple=8, position="center")
            add(multiple=5, position="center")
            add(square=True, position="center", value=(1, 2, 3, 4)[:shape[2]] if shape[2] != 1 else (7,))
            if sample != "u8":
                add(width=8, height=11, value=(-0.3,))

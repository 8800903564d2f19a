"""Golden vectors of `center_crop`: what OpenCV makes of its cases. `crates/ops/tests/golden/generate.py` runs it."""


SEED = 25898

def apply(image, width, height):
    x, y = (image.shape[1] - width) // 2, (image.shape[0] - height) // 2
    return image[y:y + height, x:x + width]


def cases(golden):
    for channels in (1, 3, 4):
        for width, height in ((35, 19), (1, 1), (34, 18), (20, 9), (21, 10)):
            golden.add({"width": width, "height": height}, "noise", (35, 19, channels))
        golden.skip(107)

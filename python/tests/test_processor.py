"""Processors by name, file, dictionary and text."""

import json
import pickle
from pathlib import Path

import numpy as np
import pixelflume as pf
import pytest
from pixelflume._native import PipelineError

VIT = {"image_processor_type": "ViTImageProcessor", "size": 48}


def test_the_source_has_many_forms(tmp_path: Path) -> None:
    text = json.dumps(VIT)
    file = tmp_path / "preprocessor_config.json"
    file.write_text(text)
    made = pf.processor(VIT)
    assert made.shapes((20, 30, 3))["pixel_values"] == (48, 48, 3, "f32", "chw")
    for source in (text, "  " + text, str(file), file, tmp_path, str(tmp_path) + "/"):
        again = pf.processor(source)
        assert again == made and again.equals == made.equals
    assert pf.processor("vit") == pf.processor({**VIT, "size": 224})


def test_it_equals_the_pipeline_file_that_it_writes() -> None:
    made = pf.processor("clip")
    text = made.to_toml()
    assert made.equals in text.splitlines()[1]
    read = pf.Pipeline.from_toml(text)
    assert read == made
    image = np.random.default_rng(3).integers(0, 256, (50, 70, 3), np.uint8)
    ours = made(image, device="host").numpy()
    assert ours.shape[-3:] == (3, 224, 224) and ours.dtype == np.float32
    assert np.array_equal(ours, read(image, device="host").numpy())


def test_settings_change_it_as_they_say() -> None:
    base = pf.processor("clip")
    pillow = pf.processor("clip", backend="pillow13", dtype="f16", layout="hwc")
    assert "pillow" in pillow.equals.lower() and pillow.equals != base.equals
    assert pillow.shapes((20, 30, 3))["pixel_values"][3:] == ("f16", "hwc")
    bare = {"size": 30, "do_resize": True}
    with pytest.raises(PipelineError, match="image_processor_type"):
        pf.processor(bare)
    assert pf.processor(bare, class_name="ViTImageProcessor").equals == base.equals


def test_further_outputs_and_grids_are_there() -> None:
    detr = pf.processor("detr")
    assert detr.outputs == ("pixel_values", "pixel_mask")
    image = np.zeros((40, 30, 3), np.uint8)
    result = detr(image, device="host")
    assert result["pixel_mask"].numpy().max() == 1
    qwen = pf.processor("qwen2_vl")
    rows, columns = qwen.grid(480, 640) or (0, 0)
    assert qwen.shapes((480, 640, 3))["pixel_values"].height == rows * columns
    assert pf.processor("clip").grid(480, 640) is None
    tiles = pf.processor("idefics3")
    assert tiles.outputs == ("tiles", "global_image")
    assert tiles.grid(480, 640) is not None


def test_it_is_pickled_with_what_it_equals(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(VIT))
    made = pf.processor(file, dtype="bf16", backend="pillow12")
    state = pickle.dumps(made)
    file.unlink()
    copy = pickle.loads(state)
    assert type(copy) is pf.Processor
    assert copy == made and copy.equals == made.equals
    assert copy.grid(20, 30) is None


def test_a_changed_processor_claims_nothing() -> None:
    changed = pf.processor("clip").flip()
    assert type(changed) is pf.Pipeline
    assert not hasattr(changed, "equals")


@pytest.mark.parametrize(
    ("source", "options", "text"),
    [
        ("clop", {}, "clop"),
        ("no/such/file.json", {}, "no such file"),
        ("openai/clip-vit-base-patch32", {}, "hf_hub_download"),
        (3, {}, "not int"),
        (b"clip", {}, "not bytes"),
        ("{", {}, "JSON"),
        ('{"image_processor_type": "ViTImageProcessor", "sise": 3}', {}, "size"),
        ("clip", {"backend": "pillow11"}, "pillow11"),
        ("clip", {"dtype": "u8"}, "f32, f16 or bf16"),
        ("clip", {"layout": "nchw"}, "chw or hwc"),
        ("clip", {"class_name": "CLIPImageProcessor"}, "class_name"),
        ("qwen2_vl", {"layout": "hwc"}, "planar"),
    ],
)
def test_mistakes_are_told(source: object, options: dict[str, str], text: str) -> None:
    with pytest.raises(PipelineError, match=text):
        pf.processor(source, **options)  # type: ignore[arg-type]


def test_a_folder_without_a_file_and_a_file_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="preprocessor_config.json"):
        pf.processor(tmp_path)
    file = tmp_path / "preprocessor_config.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PipelineError, match="no text"):
        pf.processor(tmp_path)
    file.write_text(" " * (1 << 20) + "{}")
    with pytest.raises(PipelineError, match="at most"):
        pf.processor(tmp_path)


def test_all_names_are_processors() -> None:
    names = pf.processor_names()
    assert {"clip", "vit", "letterbox", "ResNet50_Weights.IMAGENET1K_V2"} <= set(names)
    for name in names[:20]:
        assert pf.processor(name).inputs == ("image",)

"""Every method of an operator gives the node that a pipeline file gives."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pixelflume as pf
import pytest
from pixelflume._native import Operator, PipelineError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operators.md"


class Parameter(NamedTuple):
    name: str
    is_required: bool
    #: A line of a pipeline file.
    example: str

    @property
    def argument(self) -> tuple[str, Any]:
        """The same as an argument of Python."""
        name, _, text = self.example.partition(" = ")
        value = {"true": True, "false": False}.get(text)
        if value is None:
            value = eval(text, {})
        if name == "sample":
            return "dtype", value
        if name == "layout":
            return name, "chw" if value == "planar" else "hwc"
        return name, value


def operators() -> dict[str, list[Parameter]]:
    """The operators and parameters that the book lists."""
    found: dict[str, list[Parameter]] = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        kind = section.partition("\n")[0]
        rows = re.findall(r"^\| `.*$", section, re.MULTILINE)
        found[kind] = []
        for row in rows:
            cells = re.split(r" \| ", row.strip("| "))
            name, default, example = cells[0], cells[2], cells[-1]
            parameter = Parameter(
                name.strip("`"), default == "required", example.strip("`")
            )
            found[kind].append(parameter)
    return found


OPERATORS = operators()
#: Operators that give numbers about images, and how many of each channel.
NUMBERS = {"histogram": 256, "mean_std": 2, "minmax": 2, "sum": 1}


def by_file(kind: str, lines: list[str]) -> pf.Pipeline:
    names = ", ".join(f'"{name}"' for name in inputs_of(kind))
    return pf.Pipeline.from_toml(
        f"inputs = [{names}]\n[[node]]\nname = 'x'\nop = '{kind}'\n"
        f"from = [{names}]\n" + "\n".join(lines)
    )


def inputs_of(kind: str) -> tuple[str, ...]:
    cells = rf"^\| \[`{kind}`\]\(#{kind}\) \| (\d) \|"
    row = re.search(cells, PAGE.read_text(), re.MULTILINE)
    assert row is not None, kind
    return ("a", "b")[: int(row[1])]


def by_method(kind: str, arguments: dict[str, Any]) -> pf.Pipeline:
    nodes = [pf.input(name) for name in inputs_of(kind)]
    method = getattr(nodes[0], kind)
    return pf.Pipeline.of(x=method(*nodes[1:], **arguments))


def choices(kind: str) -> list[tuple[list[str], dict[str, Any]]]:
    """Sets of parameters: those that must be given, and each of the others with them."""
    parameters = OPERATORS[kind]
    required = [each for each in parameters if each.is_required]
    optional = [each for each in parameters if not each.is_required]
    sets = [required, *([*required, each] for each in optional), parameters]
    if kind == "resample":
        names = [("shortest_edge",), ("width", "height"), ("longest_edge", "rounding")]
        sets += [
            required + [each for each in optional if each.name in group]
            for group in names
        ]
    return [
        (
            [each.example for each in chosen],
            dict(each.argument for each in chosen),
        )
        for chosen in sets
    ]


@pytest.mark.parametrize("kind", OPERATORS)
def test_a_method_is_the_operator_of_a_file(kind: str) -> None:
    equal = 0
    for lines, arguments in choices(kind):
        try:
            expected = by_file(kind, lines)
        except PipelineError:
            with pytest.raises(PipelineError):
                by_method(kind, arguments)
            continue
        made = by_method(kind, arguments)
        assert made.with_options(name=expected.name) == expected
        assert made.with_options(name=expected.name).to_toml() == expected.to_toml()
        equal += 1
    assert equal > 0, "no set of parameters makes the operator"


def test_every_operator_has_a_method_with_its_parameters() -> None:
    methods = {name for name in vars(pf.Operators) if not name.startswith("_")}
    assert methods == set(OPERATORS)


@pytest.mark.parametrize("kind", ["center_crop", "letterbox", "resize", "random_crop"])
def test_a_size_is_height_and_width(kind: str) -> None:
    node = pf.input("a")
    whole = pf.Pipeline.of(x=getattr(node, kind)((30, 40)))
    assert whole == pf.Pipeline.of(x=getattr(node, kind)(width=40, height=30))
    assert whole.shapes((50, 60, 3))["x"][:2] == (30, 40)
    square = pf.Pipeline.of(x=getattr(node, kind)(25))
    assert square == pf.Pipeline.of(x=getattr(node, kind)(width=25, height=25))
    for wrong in ({"size": 3, "width": 3}, {"width": 3}, {}, {"size": (1, 2, 3)}):
        with pytest.raises(PipelineError, match="size"):
            getattr(node, kind)(**wrong)


def test_a_resize_with_like_is_a_resample() -> None:
    p = pf.Pipeline()
    shortest = p.resize(256, "bicubic", like="pillow13", max_size=400)
    assert shortest == p.resample(
        "pillow13", "bicubic", shortest_edge=256, max_size=400
    )
    assert shortest.shapes((100, 150, 3))["resample"][:2] == (256, 384)
    both = p.resize((20, 30), "lanczos", like="pillow12")
    assert both == p.resample("pillow12", "lanczos", width=30, height=20)
    with pytest.raises(PipelineError, match="max_size"):
        p.resize(256, max_size=300)


def test_values_of_other_libraries_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    p = pf.Pipeline()
    mean = numpy.array([0.1, 0.2, 0.3], numpy.float32)
    made = p.normalize(mean, numpy.ones(3)).blend(pf.input("b"), alpha=numpy.float64(1))
    expected = p.normalize([float(each) for each in mean], (1, 1, 1))
    assert made == expected.blend(pf.input("b"), alpha=1)
    assert p.gaussian_blur(numpy.int32(5)) == p.gaussian_blur(5)
    assert p.random_crop(3, pad_if_needed=numpy.True_) == p.random_crop(
        3, pad_if_needed=True
    )


@pytest.mark.parametrize(
    ("kind", "parameters", "text"),
    [
        ("gaussian_blur", {"size": 4}, "size = 4"),
        ("gaussian_blur", {}, "no default"),
        ("gaussian_blur", {"sise": 5}, "sise"),
        ("gaussian_blur", {"size": "5"}, 'size = "5"'),
        ("gaussian_blur", {"size": 1 << 70}, "3 to 31"),
        ("gaussian_blur", {"size": -(1 << 70)}, "3 to 31"),
        ("gaussian_blur", {"size": 5, "sigma": float("nan")}, "sigma"),
        ("gaussian_blur", {"size": {}}, "size"),
        ("gaussian_blur", {"size": object()}, "size"),
        ("normalize", {"mean": [0.5, "x", 1], "std": 1}, "mean"),
        ("normalize", {"mean": range(1 << 60), "std": 1}, "mean has more than 1024"),
        ("color", {"conversion": "x" * 10_000}, "256 characters"),
        ("color", {"conversion": "rgb_to_graay"}, "rgb_to_gray"),
        ("gausian_blur", {}, "gausian_blur"),
        ("letterbox", {"width": 3, "height": 3, "value": (1, 2)}, "value"),
        ("letterbox", {"width": 3, "height": 3, "value": (1, 2, 300)}, "value"),
    ],
)
def test_wrong_values_are_refused_at_once(
    kind: str, parameters: dict[str, Any], text: str
) -> None:
    with pytest.raises(PipelineError, match=re.escape(text)) as raised:
        Operator(kind, parameters)
    assert len(str(raised.value)) < 1000


def test_operators_are_compared_and_pickled_to_the_last_bit() -> None:
    import pickle

    for kind in OPERATORS:
        for _, arguments in choices(kind)[:1]:
            try:
                nodes = by_method(kind, arguments)
            except PipelineError:
                continue
            operator = nodes._checked().nodes[0][1]
            copy = pickle.loads(pickle.dumps(operator))
            assert copy == operator and hash(copy) == hash(operator)
            assert copy.parameters == operator.parameters
    third = Operator("blend", {"alpha": 1 / 3})
    assert third != Operator("blend", {"alpha": 1 / 3 + 2**-54})
    assert third != Operator("gaussian_blur", {"size": 3})
    assert third.parameters == {"alpha": 1 / 3}


def test_matrices_and_tables_are_lists_arrays_or_rows() -> None:
    image = np.random.default_rng(3).integers(0, 256, (24, 32, 3), np.uint8)

    def run(pipeline: pf.Pipeline) -> np.ndarray:
        return pipeline([image], device="host").numpy()[0]

    matrix = np.array([[1, 0.25, 2], [0.5, 1, 1], [0, 0, 1]])
    for numbers in (matrix, matrix.astype(np.float32), matrix[:2]):
        method = "warp_perspective" if len(numbers) == 3 else "warp_affine"
        given = [numbers.ravel(), numbers, numbers.tolist(), tuple(map(tuple, numbers))]
        warped = [
            run(getattr(pf.Pipeline(), method)((24, 32), matrix=one)) for one in given
        ]
        for other in warped[1:]:
            np.testing.assert_array_equal(other, warped[0])

    table = 255 - np.arange(256, dtype=np.uint8)
    ways: tuple[Any, ...] = (table, table.tolist(), bytes(table), table[None])
    for one in ways:
        np.testing.assert_array_equal(run(pf.Pipeline().lut(one)), 255 - image)
    tables = np.stack([table, table // 2, table // 3])
    expected = np.stack([tables[c][image[..., c]] for c in range(3)], 2)
    ways = (tables, tables.ravel(), tables.tolist())
    for one in ways:
        np.testing.assert_array_equal(run(pf.Pipeline().lut(one)), expected)

    for wrong in (
        tables.T,
        table[:, None],
        [[1, 2], [3]],
        [1, [2]],
        [[1], 2],
        ["ab"],
        [[[1]]],
        [[]],
    ):
        with pytest.raises(PipelineError, match="lut"):
            pf.Pipeline().lut(wrong)  # type: ignore[arg-type]


def test_numbers_about_images_of_several_sizes() -> None:
    random = np.random.default_rng(3)
    images = [
        random.integers(0, 256, (*size, 3), np.uint8)
        for size in ((5, 6), (40, 31), (5, 6), (1, 9))
    ]
    photo = pf.input("photo")
    pipeline = pf.Pipeline.of(
        histogram=photo.histogram(),
        mean_std=photo.mean_std(),
        minmax=photo.minmax(),
        sum=photo.sum(),
    )
    numbers = {name: pipeline(images)[name].numpy() for name in NUMBERS}
    assert {name: array.shape for name, array in numbers.items()} == {
        name: (4, 3, columns, 1) for name, columns in NUMBERS.items()
    }
    for index, image in enumerate(images):
        samples = image.reshape(-1, 3)
        counts = [
            np.bincount(samples[:, channel], minlength=256) for channel in range(3)
        ]
        got = {name: array[index, :, :, 0] for name, array in numbers.items()}
        assert np.array_equal(got["histogram"], counts)
        assert np.array_equal(got["minmax"].T, [samples.min(0), samples.max(0)])
        assert np.array_equal(got["sum"][:, 0], samples.sum(0))
        assert np.allclose(got["mean_std"].T, [samples.mean(0), samples.std(0)])

//! Every operator as pipeline files write it: the values it takes, and the exact text for those it does not.

use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::*;
use pixelflume_pipeline::{Pipeline, PipelineFileError};

/// A pipeline of one node with this operator and these lines of parameters, from line 5 on.
fn read(op: &str, parameters: &str) -> Result<Pipeline, PipelineFileError> {
    let takes_two = registry::find(op).is_some_and(|spec| spec.inputs == 2);
    let (from, inputs) = match takes_two {
        true => ("[\"left\", \"right\"]", "[\"left\", \"right\"]"),
        false => ("\"left\"", "[\"left\"]"),
    };
    let text = format!(
        "inputs = {inputs}\n[[node]]\nname = \"node\"\nop = \"{op}\"\n{parameters}\nfrom = {from}\n"
    );
    Pipeline::from_toml(&text, "x.toml")
}

/// The file gives this operator.
#[track_caller]
fn gives(parameters: &str, expected: &dyn Operator) {
    let pipeline = read(expected.kind(), parameters)
        .unwrap_or_else(|error| panic!("{parameters:?} was refused: {error}"));
    let got = pipeline.nodes()[0].operator();
    assert_eq!(format!("{got:?}"), format!("{expected:?}"), "{parameters}");
}

/// The file is refused for this one reason, at this place, with this help.
#[track_caller]
fn refused(op: &str, parameters: &str, place: (usize, usize), message: &str, help: &str) {
    let error = match read(op, parameters) {
        Ok(_) => panic!("{op} took {parameters:?}"),
        Err(error) => error,
    };
    let [problem] = error.problems() else {
        panic!("one problem: {error}");
    };
    assert_eq!((problem.message(), problem.help()), (message, Some(help)));
    let (line, column) = place;
    assert_eq!(
        (problem.line(), problem.column()),
        (Some(line), Some(column))
    );
}

/// The examples of messages fit one another.
#[test]
fn examples_of_parameters_are_read() {
    for spec in OPERATORS {
        let examples: Vec<_> = spec.parameters.iter().map(|of| of.example).collect();
        let is_read = |lines: &[&str]| read(spec.kind, &lines.join("\n")).is_ok();
        if is_read(&examples) {
            continue;
        }
        // Some parameters exclude each other: each is read together with the required ones and at most two others.
        let required = spec
            .parameters
            .iter()
            .filter(|of| of.default == spec::ParameterDefault::Required);
        let required: Vec<_> = required.map(|of| of.example).collect();
        for &example in &examples {
            let with = |more: &[&str]| {
                let mut lines = [&required[..], &[example], more].concat();
                lines.sort_unstable();
                lines.dedup();
                is_read(&lines)
            };
            let two = |first: &&str| examples.iter().any(|second| with(&[first, second]));
            let found = with(&[]) || examples.iter().any(two);
            assert!(found, "{}: nothing goes with {example}", spec.kind);
        }
    }
}

#[test]
fn operators_of_two_images() {
    gives("", &AbsDiff::new());
    gives("", &Blend::default());
    gives("alpha = 0.25", &Blend::new(0.25).unwrap());
    gives("alpha = 1", &Blend::new(1.0).unwrap());
    let range = "a number from 0 (the second input alone) to 1 (the first alone)";
    for (alpha, shown) in [("1.5", "1.5"), ("-1", "-1"), ("nan", "NaN"), ("inf", "inf")] {
        let line = format!("alpha = {alpha}");
        let message = format!("blend: alpha = {shown} is not possible");
        refused("blend", &line, (5, 9), &message, range);
    }
}

#[test]
fn threshold() {
    gives("threshold = 127", &Threshold::new(127));
    gives(
        "threshold = 0\nmaximum = 1",
        &Threshold::new(0).with_maximum(1),
    );
    gives(
        "threshold = 0xff\nmaximum = 0",
        &Threshold::new(255).with_maximum(0),
    );
    refused(
        "threshold",
        "threshold = 256",
        (5, 13),
        "`threshold` = 256 is out of range",
        "write an integer from 0 to 255, for example `threshold = 127`",
    );
    refused(
        "threshold",
        "threshold = 1\nmaximum = -1",
        (6, 11),
        "`maximum` = -1 is out of range",
        "write an integer from 0 to 255, for example `maximum = 255`",
    );
    refused(
        "threshold",
        "",
        (2, 1),
        "node \"node\" lacks `threshold`, which threshold needs",
        "add for example `threshold = 127`",
    );
    refused(
        "threshold",
        "threshold = 0.5",
        (5, 13),
        "`threshold` must be an integer, got a floating point number",
        "write for example `threshold = 127`",
    );
}

#[test]
fn flip() {
    gives("", &Flip::new(FlipAxis::Horizontal));
    for axis in FlipAxis::ALL {
        gives(&format!("axis = \"{axis}\""), &Flip::new(axis));
    }
    refused(
        "flip",
        "axis = \"vertcal\"",
        (5, 8),
        "unknown axis \"vertcal\"",
        "did you mean \"vertical\"? Possible: horizontal, vertical, both, input",
    );
    gives("axis = \"input\"", &Flip::given());
}

#[test]
fn crops_with_a_resize() {
    let lines = "width = 30\nheight = 20\n";
    let crop = ResizedCrop::new(CropBox::new(1, 2, 3, 4), 30, 20).unwrap();
    gives(&format!("{lines}box = [1, 2, 3, 4]"), &crop);
    let given = ResizedCrop::given(30, 20).unwrap();
    gives(
        &format!("{lines}box = \"input\"\ninterpolation = \"area\""),
        &given.interpolation(Interpolation::Area),
    );
    gives(
        &format!("{lines}box = \"input\"\nfilter = \"bicubic\"\nlike = \"torchvision\""),
        &given
            .resample(ResampleFilter::Bicubic, ResampleLike::Torchvision)
            .unwrap(),
    );
    for (value, message, help) in [
        (
            "\"inputs\"",
            "`box` must be a number, got a string",
            "write for example `box = [16, 8, 320, 240]`",
        ),
        (
            "[1, 2, 3]",
            "`box` has 3 numbers",
            "write 4, for example `box = [16, 8, 320, 240]`",
        ),
        (
            "[1, 2, 3, 4.5]",
            "resized_crop: box = [1.0, 2.0, 3.0, 4.5] is not possible",
            "4 numbers, integers from 0 to 65536",
        ),
        (
            "[1, 2, 0, 4]",
            "resized_crop: box = [1, 2, 0, 4] is not possible",
            "x, y, width, height in pixels, with sides of at least 1, that end at 65536 or before",
        ),
    ] {
        let lines = format!("{lines}box = {value}");
        refused("resized_crop", &lines, (7, 7), message, help);
    }
    let lines = format!("{lines}box = \"input\"\n");
    for (more, place, message, help) in [
        (
            "filter = \"box\"",
            (2, 1),
            "resized_crop: like = default is not possible",
            "name the library that `filter` is of",
        ),
        (
            "filter = \"box\"\nlike = \"torchvision\"",
            (8, 10),
            "resized_crop: filter = \"box\" is not possible",
            "like = \"torchvision\" has bilinear, bicubic, lanczos",
        ),
        (
            "interpolation = \"area\"\nlike = \"torchvision\"",
            (9, 8),
            "resized_crop: like = \"torchvision\" is not possible",
            "leave it out, or leave out `interpolation`",
        ),
    ] {
        refused(
            "resized_crop",
            &format!("{lines}{more}"),
            place,
            message,
            help,
        );
    }
}

#[test]
fn random_operators() {
    let lines = "width = 30\nheight = 20\n";
    let crop = RandomResizedCrop::new(30, 20).unwrap();
    gives(lines, &crop);
    let crop = crop.scale([0.5, 1.0]).unwrap().seed(7).stream(1);
    gives(
        &format!("{lines}scale = [0.5, 1]\nseed = 7\nstream = 1"),
        &crop,
    );
    let crop = RandomCrop::new(30, 20).unwrap();
    gives(
        &format!("{lines}padding = 4"),
        &crop.padding([4; 4]).unwrap(),
    );
    gives(
        &format!("{lines}padding = [4, 5]"),
        &crop.padding([4, 5, 4, 5]).unwrap(),
    );
    gives("vertical = 0.25", &RandomFlip::new(0.5, 0.25).unwrap());
    let affine = RandomAffine::new([-15.0, 15.0]).unwrap();
    gives(
        "degrees = 15\nshear = [1, 2]",
        &affine.shear([1.0, 2.0, 0.0, 0.0]).unwrap(),
    );
    gives("probability = 1", &RandomErasing::new(1.0).unwrap());
    gives("multiple = 32", &PadToLargest::new().multiple(32).unwrap());
    refused(
        "random_flip",
        "vertical = 1.5",
        (5, 12),
        "random_flip: vertical = 1.5 is not possible",
        "a probability from 0 to 1",
    );
    refused(
        "random_resized_crop",
        &format!("{lines}ratio = [2, 1]"),
        (7, 9),
        "random_resized_crop: ratio = [2.0, 1.0] is not possible",
        "the least number and the largest one, each from 0.001 to 1000",
    );
    refused(
        "random_crop",
        &format!("{lines}padding = [1, 2, 3]"),
        (7, 11),
        "random_crop: padding = [1.0, 2.0, 3.0] is not possible",
        "integers from 0 to 65536: one for all sides, two for left and right, and for top and bottom, or four for left, top, right and bottom",
    );
}

#[test]
fn crops() {
    gives(
        "x = 1\ny = 0\nwidth = 3\nheight = 4",
        &Crop::new(1, 0, 3, 4).unwrap(),
    );
    gives(
        "width = 224\nheight = 200",
        &CenterCrop::new(224, 200).unwrap(),
    );
    refused(
        "crop",
        "x = 65536\ny = 0\nwidth = 3\nheight = 4",
        (5, 5),
        "crop: x = 65536 is not possible",
        "a pixel from 0 to 65535",
    );
    refused(
        "crop",
        "x = 1\nwidth = 3\nheight = 4",
        (2, 1),
        "node \"node\" lacks `y`, which crop needs",
        "add for example `y = 16`",
    );
    refused(
        "center_crop",
        "width = 1\nheight = 0",
        (6, 10),
        "center_crop: height = 0 is not possible",
        "a number of pixels from 1 to 65536",
    );
    let error = read("crop", "").unwrap_err();
    assert_eq!(error.problems().len(), 4, "{error}");
}

#[test]
fn pad() {
    gives("", &Pad::new(0, 0, 0, 0));
    gives(
        "left = 1\ntop = 2\nright = 3\nbottom = 4",
        &Pad::new(1, 2, 3, 4),
    );
    for mode in PadMode::ALL {
        let lines = format!("bottom = 7\nmode = \"{mode}\"");
        gives(&lines, &Pad::new(0, 0, 0, 7).mode(mode));
    }
    let filled = |value: &[f64]| Pad::new(0, 0, 0, 0).value(value).unwrap();
    gives("value = 9", &filled(&[9.0; 4]));
    gives("value = [-0.5]", &filled(&[-0.5; 4]));
    gives("value = [1, 2, 3]", &filled(&[1.0, 2.0, 3.0, 0.0]));
    gives("value = [1, 2, 3, 255]", &filled(&[1.0, 2.0, 3.0, 255.0]));
    refused(
        "pad",
        "mode = \"reflect101\"",
        (5, 8),
        "unknown mode \"reflect101\"",
        "did you mean \"reflect_101\"? Possible: constant, replicate, reflect_101",
    );
    for (count, value) in [(0, "[]"), (2, "[1, 2]"), (5, "[1, 2, 3, 4, 5]")] {
        refused(
            "pad",
            &format!("value = {value}"),
            (5, 9),
            &format!("pad: value = {count} numbers is not possible"),
            "one finite number for all channels, or 3 or 4 of them; integers where samples are",
        );
    }
    refused(
        "pad",
        "left = -1",
        (5, 8),
        "`left` = -1 is out of range",
        "write an integer from 0 to 4294967295, for example `left = 16`",
    );
    // Possible in a file, and refused for every image, not a panic.
    let pipeline = read("pad", "left = 4294967295\nright = 4294967295").unwrap();
    let error = pipeline.infer(&[ImageShape::u8(8, 8, 3)]).unwrap_err();
    assert!(error.to_string().contains("8589934598x8"), "{error}");
}

#[test]
fn letterbox() {
    let letterbox = Letterbox::new(640, 480).unwrap();
    gives("width = 640\nheight = 480", &letterbox);
    gives(
        "width = 640\nheight = 480\nvalue = 0",
        &letterbox.value([0; 4]),
    );
    gives(
        "width = 640\nheight = 480\nvalue = [1, 2, 3]",
        &letterbox.value([1, 2, 3, 0]),
    );
    refused(
        "letterbox",
        "width = 640\nheight = 65537",
        (6, 10),
        "letterbox: height = 65537 is not possible",
        "a number of pixels from 1 to 65536",
    );
    refused(
        "letterbox",
        "width = 640\nheight = 480\nvalue = \"gray\"",
        (7, 9),
        "`value` must be an integer, got a string",
        "write for example `value = [114, 114, 114]`",
    );
}

#[test]
fn warp_affine() {
    let matrix = [0.5, -1.0, 3.25, 1.0, 0.5, 0.0];
    let lines = "width = 64\nheight = 48\nmatrix = [0.5, -1, 3.25, 1, 0.5, 0]";
    let forward = WarpAffine::new(matrix, 64, 48).unwrap();
    gives(lines, &forward);
    gives(&format!("{lines}\ninverse = false"), &forward);
    gives(
        &format!("{lines}\ninverse = true\nvalue = [1, 2, 3]"),
        &WarpAffine::inverse_map(matrix, 64, 48)
            .unwrap()
            .value([1, 2, 3, 0]),
    );
    gives(
        "width = 64\nheight = 48\nmatrix = \"input\"",
        &WarpAffine::given(false, 64, 48).unwrap(),
    );
    gives(
        &format!("{lines}\ninterpolation = \"cubic\"\nborder = \"reflect_101\""),
        &forward
            .interpolation(WarpInterpolation::Cubic)
            .border(WarpBorder::Reflect101),
    );
    refused(
        "warp_affine",
        &format!("{lines}\ninverse = 1"),
        (8, 11),
        "`inverse` must be a boolean, got an integer",
        "write for example `inverse = false`",
    );
    for (count, matrix) in [(1, "1"), (2, "[1, 0]"), (7, "[1, 0, 0, 0, 1, 0, 0]")] {
        refused(
            "warp_affine",
            &format!("width = 64\nheight = 48\nmatrix = {matrix}"),
            (7, 10),
            &format!("`matrix` has {count} numbers"),
            "write 6, for example `matrix = [1, 0, 16, 0, 1, 16]`",
        );
    }
    refused(
        "warp_affine",
        "width = 64\nheight = 48\nmatrix = [1, 1, 0, 1, 1, 0]",
        (7, 10),
        "warp_affine: matrix = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0] is not possible",
        "a matrix with an inverse of numbers of at most 1e30 (a e - b d is not 0)",
    );
    refused(
        "warp_affine",
        "width = 64\nheight = 48",
        (2, 1),
        "node \"node\" lacks `matrix`, which warp_affine needs",
        "add for example `matrix = [1, 0, 16, 0, 1, 16]`",
    );
}

#[test]
fn windows() {
    gives("size = 3", &BoxBlur::new(3).unwrap());
    gives("size = 31", &Erode::new(31).unwrap());
    gives("size = 5", &Dilate::new(5).unwrap());
    gives("size = 5", &MedianBlur::new(5).unwrap());
    for (op, help, sizes) in [
        (
            "box_blur",
            "an odd number of samples from 3 to 31",
            [0, 4, 33],
        ),
        ("erode", "a number from 1 to 255", [0, 256, 1000]),
        ("dilate", "a number from 1 to 255", [0, 256, 1000]),
        (
            "median_blur",
            "an odd number of samples from 3 to 255",
            [1, 4, 257],
        ),
    ] {
        for size in sizes {
            let message = format!("{op}: size = {size} is not possible");
            refused(op, &format!("size = {size}"), (5, 8), &message, help);
        }
        let message = format!("node \"node\" lacks `size`, which {op} needs");
        refused(op, "", (2, 1), &message, "add for example `size = 3`");
    }
}

#[test]
fn laplacian() {
    gives("", &Laplacian::new(LaplacianOutput::Signed));
    for output in LaplacianOutput::ALL {
        gives(&format!("output = \"{output}\""), &Laplacian::new(output));
    }
    refused(
        "laplacian",
        "output = \"clamp\"",
        (5, 10),
        "unknown output \"clamp\"",
        "did you mean \"clamped\"? Possible: signed, clamped",
    );
}

#[test]
fn normalize() {
    let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let lines = "mean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]";
    let plain = Normalize::new(&mean, &std).unwrap();
    gives(lines, &plain);
    gives(
        &format!("{lines}\nlike = \"fma\"\nscale = 1\nsample = \"f16\"\nlayout = \"planar\""),
        &plain
            .like(NormalizeLike::Fma)
            .and_then(|normalize| normalize.scale(1.0)?.sample(SampleType::F16))
            .unwrap()
            .layout(Layout::Planar),
    );
    gives(
        "mean = 0\nstd = 1\nsample = \"bf16\"",
        &Normalize::new(&[0.0], &[1.0])
            .and_then(|normalize| normalize.sample(SampleType::Bf16))
            .unwrap(),
    );
    gives(
        "mean = 0\nstd = 1",
        &Normalize::new(&[0.0], &[1.0]).unwrap(),
    );
    gives(
        "mean = [1, 2.5, -3]\nstd = [1, 2, 4]\nsample = \"f32\"\nlayout = \"interleaved\"",
        &Normalize::new(&[1.0, 2.5, -3.0], &[1.0, 2.0, 4.0]).unwrap(),
    );
    refused(
        "normalize",
        "mean = [1, 2]\nstd = [1, 1]",
        (5, 8),
        "normalize: mean = [1.0, 2.0] is not possible",
        "1, 3 or 4 finite numbers, one for each channel or one for all",
    );
    refused(
        "normalize",
        "mean = 0\nstd = [1, 1, 1]",
        (6, 7),
        "normalize: std = [1.0, 1.0, 1.0] is not possible",
        "as many finite numbers as means, none of them 0",
    );
    refused(
        "normalize",
        "mean = nan\nstd = 1",
        (5, 8),
        "normalize: mean = [NaN] is not possible",
        "1, 3 or 4 finite numbers, one for each channel or one for all",
    );
    refused(
        "normalize",
        "mean = [0, \"a\", 0]\nstd = [1, 1, 1]",
        (5, 12),
        "`mean` must be a number, got a string",
        "write for example `mean = [0.485, 0.456, 0.406]`",
    );
    refused(
        "normalize",
        "mean = 0\nstd = 1\nscale = 1",
        (7, 9),
        "normalize: scale = 1 is not possible",
        "1/255, the only scale of torchvision; other ones are for like = \"transformers\", \"transformers_pillow\" or \"fma\"",
    );
    refused(
        "normalize",
        "mean = 0\nstd = 1\nlike = \"torch\"",
        (7, 8),
        "unknown like \"torch\"",
        "did you mean \"torchvision\"? Possible: torchvision, torchvision_v2, transformers, transformers_pillow, fma",
    );
    refused(
        "normalize",
        "mean = 0\nstd = 1\nscale = inf",
        (7, 9),
        "normalize: scale = inf is not possible",
        "a finite number",
    );
    refused(
        "normalize",
        "mean = 0\nstd = 1\nsample = \"u8\"",
        (7, 10),
        "unknown sample \"u8\"",
        "Possible: f32, f16, bf16",
    );
    refused(
        "normalize",
        "mean = 0\nstd = 1\nlayout = \"planer\"",
        (7, 10),
        "unknown layout \"planer\"",
        "did you mean \"planar\"? Possible: interleaved, planar",
    );
    refused(
        "normalize",
        "std = 1",
        (2, 1),
        "node \"node\" lacks `mean`, which normalize needs",
        "add for example `mean = [0.485, 0.456, 0.406]`",
    );
}

#[test]
fn nv12() {
    gives("", &Nv12ToRgb::new());
    refused(
        "nv12_to_rgb",
        "format = \"nv21\"",
        (5, 1),
        "unknown key `format`",
        "Keys of nv12_to_rgb: name, op, from, matrix, range",
    );
}

//! The errors of `resample`: forms of the size, parts of the image, sizes of the output.

use crate::message;
use pixelflume_ops::registry;
use pixelflume_ops::{
    ImageShape, Operator, Resample, ResampleFilter, ResampleLike, ResampleSize, Value,
};

const fn exact(width: u32, height: u32) -> ResampleSize {
    ResampleSize::Exact { width, height }
}

fn of(size: ResampleSize) -> Resample {
    Resample::new(size, ResampleFilter::Bicubic, ResampleLike::Pillow12).expect("a possible size")
}

#[test]
fn the_size_has_exactly_one_form() {
    let spec = registry::find("resample").expect("a built-in operator");
    let refused = |given: &[(&str, Value)]| {
        let known = [("like", Value::from("pillow13")), ("filter", "box".into())];
        let given = known.into_iter().chain(given.iter().cloned());
        let values = spec.values(given).expect("values of the right types");
        message(values.build())
    };
    let number = |name, value: u32| (name, Value::from(value));
    assert_eq!(
        refused(&[]),
        "resample: width = default is not possible; give the size in one of these forms: width and height; shortest_edge (with \
         max_size, rounding); longest_edge (with rounding); max_width and max_height; multiple (with min_pixels, max_pixels); tile"
    );
    for (given, text) in [
        (
            vec![number("width", 5)],
            "height = default is not possible; the size needs width and height",
        ),
        (
            vec![number("shortest_edge", 5), number("multiple", 5)],
            "multiple = 5 is not possible; the size is given by shortest_edge (with max_size, rounding) already; leave one out",
        ),
        (
            vec![number("tile", 5), number("max_size", 9)],
            "max_size = 9 is not possible; a size by tile does not have it; leave it out",
        ),
        (
            vec![number("longest_edge", 5), ("rounding", "detr".into())],
            "rounding = \"detr\" is not possible; longest_edge has sam and idefics3",
        ),
        (
            vec![
                number("multiple", 5),
                number("min_pixels", 100),
                number("max_pixels", 99),
            ],
            "min_pixels = 100 is not possible; at most max_pixels, which is 99",
        ),
        (
            vec![number("tile", 5), ("box", [0.0, 0.0, 5.0, 5.0].into())],
            "box = [0.0, 0.0, 5.0, 5.0] is not possible; a part of the image needs the size as width and height",
        ),
        (
            vec![
                number("tile", 5),
                ("filter", "lanczos".into()),
                ("like", "torch_cuda".into()),
            ],
            "filter = \"lanczos\" is not possible; like = \"torch_cuda\" has bilinear, bicubic",
        ),
    ] {
        assert_eq!(refused(&given), format!("resample: {text}"));
    }
}

#[test]
fn impossible_parts_of_the_image() {
    let small = of(exact(4, 4));
    for edges in [
        [f64::NAN, 0.0, 1.0, 1.0],
        [-0.5, 0.0, 1.0, 1.0],
        [0.0, 0.0, f64::INFINITY, 1.0],
        [0.0, 0.0, 1.0, 65_537.0],
    ] {
        let text = message(small.source_box(edges));
        assert!(text.contains("from 0 to 65536"), "{text}");
    }
    // The box is empty in single precision.
    let text = message(small.source_box([3.0, 0.0, 3.000_000_01, 1.0]));
    assert!(text.contains("left less than right"), "{text}");
    let part = small.source_box([0.0, 0.0, 2.0, 2.0]).expect("a box");
    assert_eq!(
        message(part.round_up_to(8)),
        "resample: round_up_to = 8 is not possible; 1, since a part of the image needs the size as width and height"
    );
    assert_eq!(part.round_up_to(1), Ok(part));
    let like = ResampleLike::Torchvision;
    let torch = Resample::new(exact(4, 4), ResampleFilter::Bicubic, like).expect("possible");
    let text = message(torch.source_box([0.0, 0.0, 1.0, 1.0]));
    assert!(text.contains("crop it first"), "{text}");
    let outside = small.source_box([0.0, 0.0, 10.5, 4.0]).expect("a box");
    assert_eq!(
        message(outside.plan(&[ImageShape::u8(10, 10, 3)])),
        "resample cannot take 10x10x3 u8: the box ends at 10.5, 4, outside of it"
    );
}

#[test]
fn impossible_sizes_of_the_output() {
    let target = |size, width, height| message(of(size).target(width, height));
    assert_eq!(
        target(
            ResampleSize::ShortestEdge {
                edge: 2,
                max_size: None
            },
            1,
            65_536
        ),
        "resample cannot take 1x65536x1 u8: its output would be 2x131072, and sides are 1 to 65536 pixels; crop it first, or choose \
         another size"
    );
    let within = ResampleSize::Within {
        max_width: 10,
        max_height: 10,
    };
    assert!(target(within, 1, 100).contains("its output would be 0x10"));
    let multiple = ResampleSize::Multiple {
        multiple: 28,
        min_pixels: None,
        max_pixels: None,
    };
    assert!(target(multiple, 201, 1).contains("201 times as long as the other"));
    assert!(target(exact(1, 1), 0, 5).contains("it has no samples"));
    let gray_alpha = [ImageShape::u8(5, 5, 2)];
    assert!(message(of(exact(4, 4)).plan(&gray_alpha)).contains("1, 3 or 4"));
}

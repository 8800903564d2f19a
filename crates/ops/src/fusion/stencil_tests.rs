use super::*;
use crate::{Color, ColorConversion, GaussianBlur, Operator, OperatorError, Sobel, Threshold};

const GRAY: ImageShape = ImageShape::u8(320, 240, 1);
const RGB: ImageShape = ImageShape::u8(320, 240, 3);
const RGBA: ImageShape = ImageShape::u8(320, 240, 4);

/// The stages of a sequence of operators.
fn stages(mut shape: ImageShape, operators: &[&dyn Operator]) -> Vec<Stage> {
    let plan = |operator: &&dyn Operator| {
        let plan = operator.plan(&[shape]).expect("it takes the shape");
        shape = plan.output();
        plan.stage().expect("it has a stage")
    };
    operators.iter().map(plan).collect()
}

fn plan_of(shape: ImageShape, operators: &[&dyn Operator]) -> Result<StencilPlan, String> {
    StencilPlan::new(&stages(shape, operators))
}

/// The module of a chain, and its kernel for aligned images.
fn kernel(shape: ImageShape, operators: &[&dyn Operator]) -> (&'static str, &'static str) {
    let plan = plan_of(shape, operators).expect("there is a kernel");
    (plan.stencil.module.name(), plan.stencil.entries[0])
}

fn blur(size: u32) -> GaussianBlur {
    GaussianBlur::new(size).expect("an odd size")
}

fn bell(size: u32, sigma: f64) -> Result<GaussianBlur, OperatorError> {
    blur(size).sigma(sigma)
}

#[test]
fn blurs_get_the_kernel_with_the_least_taps() -> Result<(), OperatorError> {
    for (shape, source) in [(GRAY, "gray"), (RGB, "rgb"), (RGBA, "rgba")] {
        for size in [3, 5, 7, 9] {
            let (module, entry) = kernel(shape, &[&blur(size)]);
            assert_eq!(
                (module, entry),
                (&*format!("stencil_{source}_{size}"), "blur")
            );
        }
        // Other taps than OpenCV's own are no binomial coefficients.
        assert_eq!(
            kernel(shape, &[&bell(3, 0.9)?]).0,
            format!("stencil_{source}_7")
        );
        assert_eq!(
            kernel(shape, &[&bell(5, 1.1)?]).0,
            format!("stencil_{source}_7")
        );
    }
    Ok(())
}

#[test]
fn chains_get_one_kernel() {
    let (gray, sobel) = (Color::new(ColorConversion::RgbToGray), Sobel::magnitude());
    let edges = ("stencil_rgb_to_gray_5", "blur_sobel");
    assert_eq!(kernel(RGB, &[&gray, &blur(5), &sobel]), edges);
    assert_eq!(
        kernel(RGB, &[&gray, &blur(5), &sobel, &Threshold::new(9)]),
        edges
    );
    assert_eq!(
        kernel(RGB, &[&gray, &blur(7)]),
        ("stencil_rgb_to_gray_9", "blur")
    );
    let gray = Color::new(ColorConversion::RgbaToGray);
    assert_eq!(
        kernel(RGBA, &[&gray, &sobel]),
        ("stencil_rgba_to_gray", "sobel")
    );
    // The magnitude of color begins with gray.
    assert_eq!(kernel(RGBA, &[&sobel]), ("stencil_rgba_to_gray", "sobel"));
    assert_eq!(kernel(GRAY, &[&sobel]), ("stencil_gray", "sobel"));
}

#[test]
fn arguments_hold_weights_taps_and_threshold() {
    let gray = Color::new(ColorConversion::BgrToGray);
    let threshold = Threshold::new(9).with_maximum(200);
    let plan = plan_of(RGB, &[&gray, &blur(7), &threshold]).expect("there is a kernel");
    let args = plan.args;
    // In 1/65536: 7470, 38470 and 19596.
    assert_eq!(
        args.gray,
        [7470 | 38470 << 16, 19596, 7470 << 16, 38470 | 19596 << 16]
    );
    assert_eq!((args.select, args.threshold, args.maximum), (1, 9, 200));
    // Seven taps in the middle of nine.
    assert_eq!(args.taps.to_center, [0, 8, 28, 56, 72]);
    let bytes = |words: [u32; 3]| words.map(u32::to_le_bytes).concat();
    assert_eq!(
        bytes(args.taps.packed)[..10],
        [0, 8, 28, 56, 72, 56, 28, 8, 0, 0]
    );
    assert_eq!(
        bytes(args.taps.packed_later)[..10],
        [0, 0, 8, 28, 56, 72, 56, 28, 8, 0]
    );
}

#[test]
fn what_no_kernel_does_is_refused_with_the_reason() -> Result<(), OperatorError> {
    let refusal = |shape, operators: &[&dyn Operator]| {
        plan_of(shape, operators).expect_err("there is no kernel")
    };
    let gray = Color::new(ColorConversion::RgbToGray);
    assert!(refusal(RGB, &[&gray]).contains("neither a blur"));
    assert!(refusal(RGB, &[&gray, &Threshold::new(9)]).contains("neither a blur"));
    assert!(refusal(RGB, &[&blur(11)]).contains("11 taps"));
    assert!(refusal(RGB, &[&bell(3, 0.01)?]).contains("256"));
    assert!(refusal(RGB, &[&blur(5), &Sobel::magnitude()]).contains("makes gray"));
    assert!(refusal(GRAY, &[&Sobel::dx()]).contains("no stencil"));
    Ok(())
}

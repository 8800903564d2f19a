//! The operator registry: the list of all built-in operators.

use crate::contract::Operator;
use crate::spec::{OperatorSpec, Values};
#[cfg(feature = "testing")]
use crate::{contract::OperatorError, image::ImageShape, testing::Random};
#[cfg(feature = "testing")]
use std::sync::Arc;

/// Lists operators by their folders, of which each has a spec.
macro_rules! operators {
    ($($kind:ident,)*) => {
        /// All built-in operators, by name.
        pub static OPERATORS: &[&OperatorSpec] = &[$(&crate::$kind::spec::SPEC),*];

        /// The types of all built-in operators, with the enums of their parameters.
        pub mod operators {
            $(pub use crate::$kind::*;)*
        }

        /// The references of all built-in operators, for `crate::reference`.
        pub(crate) mod references {
            $(pub use crate::$kind::reference::*;)*
        }
    };
}

operators! {
    abs_diff,
    adaptive_threshold,
    add,
    add_weighted,
    affine,
    alpha_composite,
    autocontrast,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    blend,
    box_blur,
    brightness,
    canny,
    center_crop,
    clahe,
    color,
    color_jitter,
    color_space,
    concat,
    connected_components,
    contrast,
    convert_scale_abs,
    crop,
    dilate,
    equalize,
    equalize_hist,
    erase,
    erode,
    filter2d,
    flip,
    gamma,
    gaussian_blur,
    histogram,
    hue,
    invert,
    laplacian,
    letterbox,
    lut,
    mask,
    max,
    mean_std,
    median_blur,
    min,
    minmax,
    morphology,
    multiply,
    normalize,
    nv12_to_rgb,
    otsu_threshold,
    pad,
    pad_mask,
    pad_to,
    pad_to_largest,
    patchify,
    perspective,
    posterize,
    pyr_down,
    pyr_up,
    random_affine,
    random_crop,
    random_erasing,
    random_flip,
    random_gray,
    random_resized_crop,
    resample,
    rescale,
    resize,
    resized_crop,
    rgb_to_yuv,
    rotate,
    saturation,
    scharr,
    sharpness,
    sobel,
    solarize,
    subtract,
    sum,
    threshold,
    tile,
    to_float,
    transpose,
    warp_affine,
    warp_perspective,
    yuv_to_rgb,
}

/// The spec of the operator of this kind; `None` where no built-in operator has the name.
pub fn find(kind: &str) -> Option<&'static OperatorSpec> {
    OPERATORS.iter().copied().find(|spec| spec.kind == kind)
}

/// The parameters of an operator with their values; `None` for operators that are not built in.
pub fn values_of(operator: &(dyn Operator + 'static)) -> Option<Values> {
    find(operator.kind())?.values_of(operator)
}

/// Draws an operator of any kind that takes images of this shape for each of its inputs. The shape becomes another one where
/// no operator of the kind can take it.
///
/// # Errors
/// The sampler of the operator drew an impossible value: a defect.
#[cfg(feature = "testing")]
pub fn sample(
    random: &mut Random,
    shape: &mut ImageShape,
) -> Result<Arc<dyn Operator>, OperatorError> {
    let spec = random.pick(OPERATORS);
    (spec.testing.sample)(random, shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Action;

    /// Without a part an operator is in no random chain, so that nothing compares its fused kernel with its own.
    #[test]
    fn operators_that_rules_for_cuda_fuse_have_a_part_in_random_chains() {
        for spec in OPERATORS {
            let mut random = Random::new(5);
            let is_fused = (0..50).any(|_| {
                let mut shape = ImageShape::u8(24, 36, random.pick(&[1, 3, 4]));
                let operator = (spec.testing.sample)(&mut random, &mut shape).unwrap();
                let plan = operator.plan(&vec![shape; spec.inputs]).unwrap();
                let stage = plan.stage();
                stage.is_some_and(|stage| !matches!(stage.action, Action::Other))
            });
            assert_eq!(is_fused, spec.testing.part.is_some(), "{}", spec.kind);
        }
    }
}

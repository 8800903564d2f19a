//! The operators that pipeline files can name: one entry each, by family.

mod geometry;
mod neighbourhood;
mod parameters;
mod pointwise;

pub(super) use parameters::Parameters;

use crate::operator::SharedOperator;

/// An operator as pipeline files know it.
pub(super) struct OperatorEntry {
    /// The value of `op`.
    pub(super) kind: &'static str,
    /// The keys that it reads.
    pub(super) parameters: &'static [Parameter],
    /// Makes the operator, or notes what is wrong with its parameters.
    pub(super) read: fn(&mut Parameters<'_, '_, '_>) -> Option<SharedOperator>,
}

/// A key of an operator.
pub(super) struct Parameter {
    pub(super) key: &'static str,
    /// A line of a file that sets it, for messages.
    pub(super) example: &'static str,
}

const fn parameter(key: &'static str, example: &'static str) -> Parameter {
    Parameter { key, example }
}

/// All operators, by name. To let files use another operator, write its entry and name it here.
pub(super) static OPERATORS: &[OperatorEntry] = &[
    pointwise::ABS_DIFF,
    pointwise::BLEND,
    neighbourhood::BOX_BLUR,
    geometry::CENTER_CROP,
    pointwise::COLOR,
    geometry::CROP,
    neighbourhood::DILATE,
    neighbourhood::ERODE,
    geometry::FLIP,
    neighbourhood::GAUSSIAN_BLUR,
    neighbourhood::LAPLACIAN,
    geometry::LETTERBOX,
    neighbourhood::MEDIAN_BLUR,
    pointwise::NORMALIZE,
    pointwise::NV12_TO_RGB,
    geometry::PAD,
    geometry::RESIZE,
    neighbourhood::SOBEL,
    pointwise::THRESHOLD,
    geometry::WARP_AFFINE,
];

/// The entry of the operator with this name.
pub(super) fn find(kind: &str) -> Option<&'static OperatorEntry> {
    OPERATORS.iter().find(|entry| entry.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_unique() {
        assert!(OPERATORS.is_sorted_by(|a, b| a.kind < b.kind));
        for entry in OPERATORS {
            let reserved = ["name", "op", "from"];
            for parameter in entry.parameters {
                assert!(!reserved.contains(&parameter.key));
                assert!(parameter.example.starts_with(parameter.key));
            }
        }
    }
}

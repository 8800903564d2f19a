//! The errors of mixed chains.

use crate::contract::OperatorError;
use crate::image::ImageShape;
use thiserror::Error;

/// The reason why a mixed chain cannot take an image.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum MixedError {
    /// The operator at this position of the chain, from 0, refuses the image.
    #[error("operator {0} of the chain: {1}")]
    Operator(usize, #[source] OperatorError),
    /// The image differs from the first one in more than its size.
    #[error(
        "the chain was made for {expected} with any width and height, got {got}; convert the image, or run it by itself"
    )]
    Input {
        /// The shape of the image that the chain was made for.
        expected: ImageShape,
        /// The shape of this image.
        got: ImageShape,
    },
    /// The chain makes an image of another shape of it than of the first one.
    #[error("the chain makes {expected} of the first image, and {got} of this one")]
    Output {
        /// The shape of the chain's output.
        expected: ImageShape,
        /// The shape of this image's output.
        got: ImageShape,
    },
    /// The memory of the image cannot be read.
    #[error("the image cannot be read: {0}")]
    Memory(String),
    /// The kernel cannot compute what the operators do to this image, for this reason.
    #[error("{0}")]
    NotMixed(String),
}

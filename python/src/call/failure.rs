//! Why a call has no results.

use crate::errors::{Exception, Kind};
use crate::frames::FrameError;

/// The reason why a call has no results.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Images cannot be taken or decoded: at least one, in the order of their indices.
    Images(Vec<FrameError>),
    /// The call cannot be executed.
    Call(Exception),
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        Failure::Images(vec![error])
    }
}

impl From<Exception> for Failure {
    fn from(error: Exception) -> Self {
        Failure::Call(error)
    }
}

/// The exception of the first image.
impl From<Failure> for Exception {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Call(error) => error,
            Failure::Images(errors) => match errors.first() {
                Some(error) => error.into(),
                None => Exception::new(Kind::Input, "an image cannot be taken"),
            },
        }
    }
}

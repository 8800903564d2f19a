//! Why the model does not decode a file.

/// Why the model refuses a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The file is none that libjpeg-turbo decodes. The text says why.
    Invalid(&'static str),
    /// The file asks for more blocks, over all its scans, than the caller allows.
    TooMuchWork,
}

pub(super) fn refuse<T>(reason: &'static str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(reason))
}

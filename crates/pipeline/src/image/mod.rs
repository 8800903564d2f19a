//! Images in device memory: of the caller, and of a holder. Those in ordinary memory are of [`pixelflume_ops::image`].

pub(crate) mod device;
pub(crate) mod tensor;

//! Images in device memory: of the caller, and of a holder; and images wherever they are. Those in ordinary memory are of [`pixelflume_ops::image`].

pub(crate) mod device;
pub(crate) mod frame;
pub(crate) mod tensor;

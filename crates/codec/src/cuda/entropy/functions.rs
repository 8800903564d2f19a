//! The kernels of `jpeg_entropy.cu`, loaded on a device.

use pixelflume_device::{Device, DeviceError, Function};
use pixelflume_kernels::JPEG_ENTROPY;

/// The kernels in the order of their launches.
#[derive(Clone, Debug)]
pub struct Functions(pub(super) [Function; 8]);

impl Functions {
    /// Loads the kernels.
    ///
    /// # Errors
    /// The device is no CUDA device, or has no code for them.
    pub fn load(device: &Device) -> Result<Self, DeviceError> {
        let load = |entry| device.kernel(&JPEG_ENTROPY.kernels, entry);
        Ok(Functions([
            load("jpeg_stuffing")?,
            load("jpeg_unstuff")?,
            load("jpeg_guess")?,
            load("jpeg_meet")?,
            load("jpeg_choose")?,
            load("jpeg_count")?,
            load("jpeg_scan")?,
            load("jpeg_write")?,
        ]))
    }
}

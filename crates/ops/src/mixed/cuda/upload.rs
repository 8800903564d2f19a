//! Uploads of tables of descriptors by a kernel.

use pixelflume_device::{Address, Args, Device, DeviceError, DeviceKind, Function, Grid, Launch};
use pixelflume_kernels::args::UploadArgs;

/// Threads of a block of `upload.cu`.
const THREADS: u32 = 256;

/// The kernel that uploads tables of descriptors on a GPU.
///
/// A copy of the driver is work of another engine of the GPU, which the launches before and behind it have to be ordered with; for
/// the few kilobytes of a table that takes longer than the kernels.
#[derive(Clone, Debug)]
pub struct TableUpload(Function);

impl TableUpload {
    /// The most bytes of a table. Larger ones are copied faster by the driver.
    pub const MOST_BYTES: usize = 64 << 10;

    /// The kernel on this device; `None` on the host device.
    ///
    /// # Errors
    /// The device cannot load the kernel.
    pub fn new(device: &Device) -> Result<Option<Self>, DeviceError> {
        if device.kind() == DeviceKind::Host {
            return Ok(None);
        }
        let kernels = &pixelflume_kernels::UPLOAD.kernels;
        Ok(Some(TableUpload(device.kernel(kernels, "upload")?)))
    }

    /// The launch that copies `bytes` bytes from page-locked memory at `source` to device memory at `target`.
    ///
    /// # Panics
    /// One of the three is no multiple of 16, or there are more than [`TableUpload::MOST_BYTES`].
    pub fn launch(&self, target: Address, source: Address, bytes: usize) -> Launch {
        let all = [target.raw(), source.raw(), bytes as u64];
        assert!(
            all.iter().all(|of| of.is_multiple_of(16)) && bytes <= Self::MOST_BYTES,
            "{bytes} bytes at {source:?} cannot be uploaded to {target:?} by the kernel"
        );
        let words = (bytes / 16) as u32;
        let args = UploadArgs {
            src: source.raw(),
            dst: target.raw(),
            words,
            reserved: 0,
        };
        let grid = Grid {
            blocks: [words.div_ceil(THREADS).max(1), 1, 1],
            threads: [THREADS, 1, 1],
            shared_bytes: 0,
        };
        Launch::kernel(self.0.clone(), grid, Args::of(&args))
    }
}

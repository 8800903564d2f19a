//! nvJPEG in a program without CUDA.

use super::{Effort, Measurement};
use crate::error::Measured;
use pixelflume::memory::MemoryManager;

/// Says that there is none.
pub(super) fn rows(
    _: &MemoryManager,
    _: &[&[u8]],
    _: &Effort,
    measurement: &mut Measurement,
) -> Measured<()> {
    let reason = "nvJPEG: this program was built without the feature cuda";
    measurement.left_out.push(reason.to_owned());
    Ok(())
}

//! Refusals that tests inject into the ladder, since a host device refuses few calls by itself. Outside tests there are
//! none, and nothing of this is left in the program.

use pixelflume_device::DeviceError;

/// Number of further calls of each kind that are refused.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    pub(crate) captures: u32,
    pub(crate) patches: u32,
    pub(crate) updates: u32,
    pub(crate) launches: u32,
}

/// Refusals in builds without tests: none.
#[cfg(not(test))]
#[derive(Debug, Default)]
pub(crate) struct Refusals {}

#[cfg(test)]
impl Refusals {
    /// Whether a capture is to fail, by a call that no capture allows.
    pub(super) fn capture(&mut self) -> bool {
        strike(&mut self.captures).is_err()
    }

    pub(super) fn patch(&mut self) -> Result<(), DeviceError> {
        strike(&mut self.patches)
    }

    pub(super) fn update(&mut self) -> Result<(), DeviceError> {
        strike(&mut self.updates)
    }

    pub(super) fn launch(&mut self) -> Result<(), DeviceError> {
        strike(&mut self.launches)
    }
}

#[cfg(test)]
fn strike(count: &mut u32) -> Result<(), DeviceError> {
    if *count == 0 {
        return Ok(());
    }
    *count -= 1;
    Err(DeviceError::Capture {
        reason: "a test refused it".to_owned(),
    })
}

#[cfg(not(test))]
impl Refusals {
    pub(super) fn capture(&mut self) -> bool {
        false
    }

    pub(super) fn patch(&mut self) -> Result<(), DeviceError> {
        Ok(())
    }

    pub(super) fn update(&mut self) -> Result<(), DeviceError> {
        Ok(())
    }

    pub(super) fn launch(&mut self) -> Result<(), DeviceError> {
        Ok(())
    }
}

//! Creates the streams of an executor.

use pixelflume_device::{DeviceError, Severity};

use crate::error::SchedulerError;

/// Creates up to `asked` streams and at least one: as many as the device gives.
pub(super) fn create_streams<S>(
    device: &str,
    asked: usize,
    mut create: impl FnMut() -> Result<S, DeviceError>,
) -> Result<Vec<S>, SchedulerError> {
    let mut streams = Vec::with_capacity(asked);
    while streams.len() < asked {
        match create() {
            Ok(stream) => streams.push(stream),
            Err(source) if source.severity() == Severity::DeviceLost => {
                return Err(SchedulerError::DeviceLost { source });
            }
            Err(source) if streams.is_empty() => {
                return Err(SchedulerError::NoStream {
                    device: device.to_owned(),
                    source,
                });
            }
            Err(error) => {
                tracing::warn!(device, asked, created = streams.len(), %error, "fewer streams than asked for");
                break;
            }
        }
    }
    Ok(streams)
}

//! The threads of a stream that read and decode images.

use crate::frames::Decoding;
use crate::stream::fault::Fault;
use crate::stream::whole::flow::Flow;
use pixelflume::device::catch_panic;

/// Decodes images of the stream, or reads those that the device decodes, until it is closed.
pub(crate) fn decode(flow: &Flow, decoding: &Decoding) {
    while let Some((place, mut frames)) = flow.next_to_decode() {
        let decoded = catch_panic(|| frames.decode(1, decoding));
        flow.put_decoded(
            place,
            match decoded {
                Ok(Ok(())) => Ok(frames),
                Ok(Err(mut error)) => {
                    error.image = usize::try_from(place).ok();
                    Err(Fault::Frame(error))
                }
                Err(message) => Err(Fault::Panicked(message)),
            },
        );
    }
}

//! Threads that read the images of a run, and decode what the device does not.

use super::ledger::{Ledger, Queue};
use super::{Decoded, Message, Outcome, Work};
use crate::budget::Budget;
use crate::decode::read;
use crossbeam::channel::Sender;
use pixelflume::codec::Need;
use pixelflume::ops::ImageShape;

/// Decodes inputs until there is none left, or the run has ended.
pub(super) fn decode_inputs<'a>(
    work: &Work<'_>,
    queue: &Queue,
    budget: &'a Budget,
    ledger: &Ledger<'_>,
    decoded: &Sender<Message<'a>>,
) {
    let admit = |needs: &[Need], held| {
        let bytes = bytes_needed(work, needs, held)?;
        // The receiver lives as long as this sender.
        Ok(budget.admit(bytes, || drop(decoded.send(Message::Short))))
    };
    let on_device = |shapes: &[ImageShape], input| work.engines.takes_tensor(shapes, input);
    let options = work.engines.pipeline().decode_options();
    while let Some(index) = queue.next(work.inputs.len()) {
        let paths = &work.inputs[index].paths;
        match read(paths, options, &work.limits, on_device, admit) {
            Ok((images, permit)) => {
                let set = Decoded {
                    index,
                    images,
                    permit,
                };
                if decoded.send(Message::Decoded(set)).is_err() {
                    return;
                }
            }
            Err(error) => ledger.enter(index, Outcome::failed(Vec::new(), error)),
        }
    }
}

/// The bytes that a set of images takes until it is written, where it takes `held` from reading to its batch; or an error where those
/// of the CPU's way exceed the limits.
fn bytes_needed(work: &Work<'_>, needs: &[Need], held: u64) -> Result<u64, String> {
    let reading = needs.iter().map(|need| need.bytes);
    let reading = reading.fold(0, u64::saturating_add);
    work.limits.check_image("reading it", reading)?;
    let shapes: Vec<ImageShape> = needs.iter().map(|need| need.shape).collect();
    // A result takes the bytes of its image, and of the file that is made of it.
    let writing = (work.engines.result_bytes(&shapes) as u64).saturating_mul(2);
    let name = |shape: &ImageShape| shape.to_string();
    let names: Vec<String> = shapes.iter().map(name).collect();
    let what = format!("writing the results of {}", names.join(" with "));
    work.limits.check_image(&what, writing)?;
    Ok(held.max(writing))
}

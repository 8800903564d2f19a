//! Collecting decoded images into batches.

use crate::frames::Frames;
use crate::stream::fault::Fault;
use crate::stream::whole::flow::{Flow, State};

/// Images for one batch, and what ends the stream behind them.
#[derive(Default)]
pub(crate) struct Collected {
    /// The images with their places in the source.
    pub(crate) images: Vec<(u64, Frames)>,
    /// Images of the source before or between these that were left out.
    pub(crate) skipped: Vec<(u64, Fault)>,
    /// The error that ends the stream behind the batch.
    pub(crate) fault: Option<Fault>,
    /// Whether no batch follows.
    pub(crate) is_last: bool,
}

impl Flow {
    /// Collects the images of the next batch; waits for them. `None` when the stream is closed.
    pub(crate) fn collect(&self) -> Option<Collected> {
        let mut batch = Collected::default();
        let mut state = self.lock();
        while batch.images.len() < self.settings.batch && batch.fault.is_none() {
            if state.closed {
                return None;
            }
            match self.next_decoded(&mut state) {
                Some((place, Ok(frames))) => batch.images.push((place, frames)),
                Some((place, Err(fault))) if self.settings.skips => {
                    batch.skipped.push((place, fault));
                    self.release(&mut state, 1);
                }
                Some((_, Err(fault))) => batch.fault = Some(fault),
                None if state.end.is_some() && state.collected == state.read => {
                    batch.fault = state.end.take().flatten();
                    batch.is_last = true;
                    break;
                }
                None => self.decoded.wait(&mut state),
            }
        }
        batch.is_last |= batch.fault.is_some();
        Some(batch)
    }

    /// The next decoded image, or the reason why there is none.
    fn next_decoded(&self, state: &mut State) -> Option<(u64, Result<Frames, Fault>)> {
        let next = match self.settings.in_order {
            true => state.decoded.remove_entry(&state.collected),
            false => state.decoded.pop_first(),
        };
        state.collected += u64::from(next.is_some());
        next
    }
}

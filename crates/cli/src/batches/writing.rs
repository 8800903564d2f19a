//! Threads that write the results of a run.

use super::ledger::Ledger;
use super::{Computed, Outcome, Pending, Work, Written};
use crate::advice;
use crossbeam::channel::Receiver;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Image;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Writes results until no more come.
pub(super) fn write_results(
    work: &Work<'_>,
    ledger: &Ledger<'_>,
    computed: &Receiver<Computed<'_>>,
) {
    for Computed { image, results } in computed {
        let Pending {
            index,
            shapes,
            permit,
        } = image;
        let known = shapes.clone();
        let write = || write_images(work, index, shapes, results);
        let outcome = catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| {
            Outcome::failed(known, "the encoder broke down over it".to_owned())
        });
        drop(permit);
        ledger.enter(index, outcome);
    }
}

/// Writes all results; an error of one does not keep the others from being written.
fn write_images(
    work: &Work<'_>,
    index: usize,
    shapes: Vec<ImageShape>,
    results: Vec<Image>,
) -> Outcome {
    let mut errors = Vec::new();
    let mut written = Vec::new();
    for (output, image) in results.into_iter().enumerate() {
        match work
            .sink
            .write(output, &work.inputs[index].stem, (&image).into())
        {
            Ok(path) => written.push(Written {
                output,
                path,
                shape: image.shape(),
            }),
            Err(error) => errors.push(advice::output(&error)),
        }
    }
    Outcome {
        shapes,
        written,
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    }
}

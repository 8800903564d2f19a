//! A lane of an engine for a pipeline with per-image operators: a batch is executed in groups of images to which every node does the
//! same, one run for each.

use crate::engine::given::{GivenImages, MOST_SETS, NO_VALUES};
use crate::engine::lane::{CopyStreams, EngineLane, chunk};
use crate::engine::layout::ResultLayout;
use crate::engine::place::ResultPlace;
use crate::engine::trace::Phase;
use crate::engine::{BatchId, FailureCause};
use crate::error::PipelineError;
use crate::lane::failures::FailureCallback;
use crate::lane::in_flight::InFlight;
use crate::lane::staging::{Chunk, CopiedFrames};
use crate::mixed::groups::{BatchFrames, Group, groups};
use crate::mixed::places::{equal_distances, spaced};
use crate::pipeline::Pipeline;
use pixelflume_device::contain_panic;
use pixelflume_ops::{ImageShape, ImageValues};
use std::sync::Arc;

/// What a lane that executes in groups knows beyond its plans.
pub(super) struct Grouped {
    /// The pipeline, with the operators for all images.
    pub(super) pipeline: Pipeline,
    /// The shapes of its outputs, for which there is memory.
    pub(super) outputs: Vec<ImageShape>,
    /// The runs of the batch in flight.
    pub(super) runs: Vec<Arc<InFlight>>,
    /// Whether all groups of that batch were submitted.
    pub(super) is_submitted: bool,
}

/// A batch of frames of these shapes.
pub(in crate::engine) struct UniformFrames<'a> {
    pub(in crate::engine) pipeline: &'a Pipeline,
    pub(in crate::engine) shapes: &'a [ImageShape],
    pub(in crate::engine) frames: usize,
    /// All images of the batch have their number here.
    pub(in crate::engine) given: &'a GivenImages,
}

impl BatchFrames for UniformFrames<'_> {
    fn pipeline(&self) -> &Pipeline {
        self.pipeline
    }

    fn frames(&self) -> usize {
        self.frames
    }

    fn shape(&self, input: usize, _: usize) -> ImageShape {
        self.shapes[input]
    }

    fn index(&self, frame: usize) -> u64 {
        self.given.index(frame).unwrap_or(0)
    }

    fn epoch(&self) -> u64 {
        self.given.epoch
    }

    fn values(&self, node: usize, frame: usize, read: &mut dyn FnMut(usize, &[ImageValues<'_>])) {
        let mut given = [(0, NO_VALUES); MOST_SETS];
        let count = self.given.values_of(frame, &mut given);
        let (mut sets, mut used) = ([NO_VALUES; MOST_SETS], 0);
        for (_, set) in given[..count].iter().filter(|(other, _)| *other == node) {
            sets[used] = *set;
            used += 1;
        }
        // They are the values of this image alone.
        read(0, &sets[..used]);
    }
}

impl EngineLane {
    /// Gives the batch to the device as [`EngineLane::dispatch`] does, group by group. Where a group needs the plan of another one
    /// changed, the runs before it are waited for.
    pub(super) fn dispatch_groups(
        &mut self,
        batch: BatchId,
        frames: usize,
        output: &mut ResultPlace,
        layout: &ResultLayout,
        copies: &CopyStreams,
    ) -> Result<(), PipelineError> {
        let all = chunk(batch, frames);
        self.mark_submitted(false);
        self.prepare_results(frames, output)?;
        for group in self.groups(frames)? {
            // Tensors are written in place, so a run takes frames at equal distances.
            let parts = match output {
                ResultPlace::Device(_) => equal_distances(&group.frames),
                ResultPlace::Pinned(_) => vec![group.frames.as_slice()],
            };
            for part in parts {
                self.dispatch_part(&group, part, &all, output, layout, copies)?;
            }
        }
        self.mark_submitted(true);
        Ok(())
    }

    fn mark_submitted(&mut self, is_submitted: bool) {
        if let Some(grouped) = &mut self.grouped {
            grouped.is_submitted = is_submitted;
        }
    }

    /// The groups of the batch, whose results are checked to have the shapes that there is memory for.
    fn groups(&self, frames: usize) -> Result<Vec<Group>, PipelineError> {
        let (Some(grouped), Some(given)) = (&self.grouped, &self.given) else {
            return Ok(Vec::new());
        };
        let (pipeline, shapes) = (&grouped.pipeline, &self.plan().shapes().inputs);
        let batch = UniformFrames {
            pipeline,
            shapes,
            frames,
            given,
        };
        let groups = groups(&batch, |_| None)?;
        for (&node, &shape) in pipeline.output_nodes().iter().zip(&grouped.outputs) {
            let made = |group: &&Group| group.shapes.nodes[node] != shape;
            if let Some(group) = groups.iter().find(made) {
                return Err(PipelineError::OutputShapes {
                    output: pipeline.nodes()[node].name().to_owned(),
                    frame: group.frames[0],
                    shape: group.shapes.nodes[node],
                    other_frame: 0,
                    other: shape,
                });
            }
        }
        Ok(groups)
    }

    #[expect(unsafe_code, reason = "runs the plan over tensors")]
    fn dispatch_part(
        &mut self,
        group: &Group,
        part: &[usize],
        all: &Chunk,
        output: &mut ResultPlace,
        layout: &ResultLayout,
        copies: &CopyStreams,
    ) -> Result<(), PipelineError> {
        self.lane.make_way()?;
        let most = u32::try_from(self.capacity).unwrap_or(u32::MAX);
        self.lane
            .select(&group.pipeline, &group.shapes.inputs, part.len(), most)?;
        let chunk = Chunk {
            batch: all.batch,
            frames: 0..part.len(),
            numbers: part[0]..part[part.len() - 1] + 1,
        };
        self.times.begin(Phase::Upload, &copies.upload);
        for input in 0..group.shapes.inputs.len() {
            for frames in copied(part) {
                self.lane.upload(input, &chunk, frames, &copies.upload)?;
            }
        }
        self.times.end(Phase::Upload, &copies.upload);
        self.times.begin(Phase::Compute, self.lane.main_stream());
        match &mut *output {
            // SAFETY: as in `EngineLane::dispatch`; the parts of a batch have different frames of the tensors.
            ResultPlace::Device(results) => unsafe {
                self.lane
                    .run_into(&chunk, results.written(), spaced(part))?;
            },
            ResultPlace::Pinned(_) => self.lane.run(&chunk)?,
        }
        let run = self.lane.newest();
        if let Some(grouped) = &mut self.grouped {
            grouped.runs.push(run);
        }
        self.times.end(Phase::Compute, self.lane.main_stream());
        if let ResultPlace::Pinned(target) = output {
            self.times.begin_computed(Phase::Download, &copies.download);
            for (index, &begin) in layout.offsets.iter().enumerate() {
                for frames in copied(part) {
                    let target = (&mut *target, begin);
                    self.lane
                        .download(index, &chunk, frames, target, &copies.download)?;
                }
            }
            self.times.end(Phase::Download, &copies.download);
        }
        Ok(())
    }

    /// Waits for the runs of the batch. Gives whether all were submitted, and the first failure.
    pub(super) fn finish_groups(
        &mut self,
        on_failure: impl FnOnce() -> Option<FailureCallback>,
    ) -> Result<(bool, Option<FailureCause>), PipelineError> {
        self.lane.finish_all()?;
        let Some(grouped) = &mut self.grouped else {
            return Ok((false, None));
        };
        let (mut failed, mut on_failure, mut callback) = (None, Some(on_failure), None);
        for run in grouped.runs.drain(..) {
            let finished = run.wait()?;
            if finished.is_success() {
                continue;
            }
            if let Some(on_failure) = on_failure.take() {
                callback = on_failure();
            }
            finished.report(callback.as_ref());
            failed = failed.or_else(|| finished.first_failure());
        }
        // The callback may have replaced itself, and this be its last handle.
        contain_panic("the drop of the callback for nodes that fail", || {
            drop(callback);
        });
        let failed = failed.map(|failure| FailureCause::Node(Arc::new(failure)));
        Ok((grouped.is_submitted, failed))
    }
}

/// The copies of the frames of a part, which follow each other in the memory of the plan.
fn copied(part: &[usize]) -> impl Iterator<Item = CopiedFrames> {
    let mut planned = 0;
    part.chunk_by(|&frame, &next| next == frame + 1)
        .map(move |frames| {
            let copied = CopiedFrames {
                pinned: frames[0],
                planned,
                count: frames.len(),
            };
            planned += frames.len();
            copied
        })
}

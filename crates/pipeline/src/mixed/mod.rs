//! Batches whose images have several sizes, or whose effect differs from image to image.
//!
//! Where every part of a pipeline that depends on the size of an image is a mixed chain, the batch is executed by a derived pipeline
//! ([`crate::plan::mixed`]): one plan for all sizes, in a lane of its own. Otherwise the images are executed in groups of one shape and
//! one effect by the plans for these shapes ([`grouped`]).

pub(crate) mod grouped;
pub(crate) mod groups;
pub(crate) mod lanes;
pub(crate) mod places;
pub(crate) mod tables;
pub(crate) mod values;

use crate::config::ExecutionConfig;
use crate::error::PipelineError;
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::pixels::{DescribedImages, PixelLayout};
use crate::lane::run_inputs::RunInputs;
use crate::mixed::groups::{BatchFrames, groups};
use crate::mixed::lanes::DerivedLanes;
use crate::mixed::tables::{NoTable, PlacedBatch, Tables};
use crate::mixed::values::BatchImages;
use crate::pipeline::Pipeline;
use crate::plan::mixed::paths::always_described;
use crate::plan::mixed::search::{ChainSearch, FirstImage, InputFrames, NotChained, STAND_IN};
use crate::plan::mixed::{MixedPlan, TableOrInput};
use pixelflume_device::Address;
use pixelflume_memory::MemoryManager;
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::view::BatchView;
use pixelflume_ops::mixed::ImageDescriptor;
use pixelflume_ops::{ImageShape, ImageValues};
use std::sync::Arc;

/// Inputs of a derived pipeline that need no list of their own.
const FEW: usize = 16;

/// A batch, as the caller gave it.
#[derive(Copy, Clone)]
pub(crate) struct MixedBatch<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) given: &'a [Input<'a>],
    pub(crate) frames: usize,
    pub(crate) images: BatchImages<'a>,
}

impl BatchFrames for MixedBatch<'_> {
    fn pipeline(&self) -> &Pipeline {
        self.pipeline
    }

    fn frames(&self) -> usize {
        self.frames
    }

    fn shape(&self, input: usize, frame: usize) -> ImageShape {
        self.given[input].shape_of(frame)
    }

    fn index(&self, frame: usize) -> u64 {
        self.images.index(frame)
    }

    fn epoch(&self) -> u64 {
        self.images.epoch
    }

    fn values(&self, node: usize, frame: usize, read: &mut dyn FnMut(usize, &[ImageValues<'_>])) {
        read(frame, self.images.values_of(node));
    }
}

/// What a runner keeps for mixed batches.
#[derive(Default)]
pub(crate) struct MixedRuns {
    /// The pipeline that `always` is about.
    pipeline: Option<Pipeline>,
    /// For each input, whether its images are always described one by one.
    always: Vec<bool>,
    /// What was derived, the most recently used one last.
    kept: Vec<Kept>,
    pub(crate) lanes: DerivedLanes,
    layout: PixelLayout,
    tables: Tables,
    frames: Vec<InputFrames>,
    shapes: Vec<ImageShape>,
}

/// What was found out about a pipeline for inputs of some kinds.
struct Kept {
    pipeline: Pipeline,
    frames: Vec<InputFrames>,
    found: Result<Arc<MixedPlan>, Arc<[NotChained]>>,
}

/// The way in which a batch is executed.
pub(crate) enum Way {
    /// By the lane of the derived pipeline that is the most recently used one, which has its plan, and tables for the batch.
    Chains(Arc<MixedPlan>),
    /// In groups.
    Grouped,
}

impl MixedRuns {
    /// Prepares a batch: finds the derived pipeline, its lane and plan, and describes the images; nothing is copied. `new_lane` makes
    /// a lane for a derived pipeline.
    pub(crate) fn prepare(
        &mut self,
        batch: MixedBatch<'_>,
        memory: &MemoryManager,
        config: &ExecutionConfig,
        new_lane: impl Fn(&MixedPlan) -> Result<Lane, PipelineError>,
    ) -> Result<Way, PipelineError> {
        if !self.note_frames(batch) {
            tracing::debug!(
                "a mixed batch is executed in groups: its images differ in more than their size"
            );
            return Ok(Way::Grouped);
        }
        // The plan that was kept last comes first. Of those that are kept for several shapes of outputs one may fit.
        let mut tried = self.kept.len();
        while let Some(at) = self.find(batch, tried) {
            let plan = match &self.kept[at].found {
                Err(reasons) => {
                    log_groups(batch.pipeline, reasons);
                    return Ok(Way::Grouped);
                }
                Ok(plan) => Arc::clone(plan),
            };
            match self.describe(&plan, batch, memory, config, &new_lane) {
                Ok(()) => {
                    self.kept[at..].rotate_left(1);
                    return Ok(Way::Chains(plan));
                }
                Err(NoTable::Error(error)) => return Err(error),
                Err(NoTable::Frame { frame: 0, .. }) => tried = at,
                Err(NoTable::Frame { reason, .. }) => {
                    tracing::debug!("a mixed batch is executed in groups: {reason}");
                    return Ok(Way::Grouped);
                }
            }
        }
        let kind = memory.device().kind();
        let image = FirstImage {
            index: batch.images.index(0),
            epoch: batch.images.epoch,
            values: &|node| batch.images.values_of(node),
        };
        let search = ChainSearch::new(batch.pipeline, &self.frames, image, kind);
        if !search.not_chained.is_empty() {
            log_groups(batch.pipeline, &search.not_chained);
            // An image that a node refuses is no reason to execute later batches in groups.
            groups(&MixedBatch { frames: 1, ..batch }, |_| None)?;
            let reasons = search.not_chained.into();
            self.keep(batch.pipeline, Err(reasons), config);
            return Ok(Way::Grouped);
        }
        let plan = Arc::new(search.derive(batch.pipeline)?);
        // Before memory is taken for a plan that the batch may not fit.
        self.layout.lay_out(
            batch.given,
            &plan.described,
            batch.frames,
            config.max_batch as usize,
        );
        let described = self.describe_at(&plan, batch, STAND_IN, memory);
        let described =
            described.and_then(|()| self.describe(&plan, batch, memory, config, &new_lane));
        match described {
            Ok(()) => {
                self.keep(batch.pipeline, Ok(Arc::clone(&plan)), config);
                Ok(Way::Chains(plan))
            }
            Err(NoTable::Error(error)) => Err(error),
            Err(NoTable::Frame { reason, .. }) => {
                tracing::debug!("a mixed batch is executed in groups: {reason}");
                Ok(Way::Grouped)
            }
        }
    }

    /// Notes what the derived pipeline depends on; returns whether there can be one.
    fn note_frames(&mut self, batch: MixedBatch<'_>) -> bool {
        let is_noted = self.pipeline.as_ref();
        if !is_noted.is_some_and(|pipeline| pipeline.is_same(batch.pipeline)) {
            self.pipeline = Some(batch.pipeline.clone());
            self.always = always_described(batch.pipeline);
        }
        self.frames.clear();
        for (input, given) in batch.given.iter().enumerate() {
            let first = given.shape_of(0);
            let alike = |frame| {
                let shape = given.shape_of(frame);
                (shape.channels, shape.sample, shape.layout)
                    == (first.channels, first.sample, first.layout)
            };
            let other = given.other_shape();
            if other.is_some() && !(0..batch.frames).all(alike) {
                return false;
            }
            let is_list = matches!(given, Input::DeviceList(_));
            let is_batch = other.is_none() && !is_list && !self.always[input];
            self.frames.push(InputFrames { first, is_batch });
        }
        true
    }

    /// The last kept finding for the noted frames before the position `before`.
    fn find(&self, batch: MixedBatch<'_>, before: usize) -> Option<usize> {
        self.kept[..before].iter().rposition(|kept| {
            let mut pairs = kept.frames.iter().zip(&self.frames);
            kept.pipeline.is_same(batch.pipeline) && pairs.all(|(kept, now)| kept.is_alike(now))
        })
    }

    fn keep(
        &mut self,
        pipeline: &Pipeline,
        found: Result<Arc<MixedPlan>, Arc<[NotChained]>>,
        config: &ExecutionConfig,
    ) {
        if self.kept.len() >= config.plan_cache {
            self.kept.remove(0);
        }
        self.kept.push(Kept {
            pipeline: pipeline.clone(),
            frames: self.frames.clone(),
            found,
        });
    }

    /// Selects the lane and the plan of a derived pipeline, finds the places of the pixels, and fills the tables.
    fn describe(
        &mut self,
        plan: &Arc<MixedPlan>,
        batch: MixedBatch<'_>,
        memory: &MemoryManager,
        config: &ExecutionConfig,
        new_lane: impl Fn(&MixedPlan) -> Result<Lane, PipelineError>,
    ) -> Result<(), NoTable> {
        let (given, frames) = (batch.given, batch.frames);
        self.shapes.clear();
        plan.input_shapes(|input| given[input].shape_of(0), &mut self.shapes);
        let lane = self.lanes.select(plan, new_lane).map_err(NoTable::Error)?;
        lane.select(&plan.pipeline, &self.shapes, frames, config.max_batch)
            .map_err(NoTable::Error)?;
        let capacity = lane.current().plan().capacity() as usize;
        self.layout
            .lay_out(given, &plan.described, frames, capacity);
        let described = DescribedImages {
            pipeline: batch.pipeline,
            given,
            layout: &self.layout,
        };
        let bytes = self.layout.largest();
        let pixels = lane
            .reserve_pixels(bytes, described)
            .map_err(NoTable::Error)?;
        self.describe_at(plan, batch, pixels, memory)
    }

    fn describe_at(
        &mut self,
        plan: &MixedPlan,
        batch: MixedBatch<'_>,
        pixels: Address,
        memory: &MemoryManager,
    ) -> Result<(), NoTable> {
        let placed = PlacedBatch {
            batch,
            layout: &self.layout,
            pixels,
        };
        self.tables.fill(plan, placed, memory.copy_threads())
    }

    /// Executes or submits the batch that was prepared, by `act`, with the lane and its inputs.
    pub(crate) fn run<R>(
        &mut self,
        plan: &MixedPlan,
        batch: MixedBatch<'_>,
        act: impl FnOnce(&mut Lane, RunInputs<'_>) -> Result<R, PipelineError>,
    ) -> Result<R, PipelineError> {
        let MixedRuns {
            lanes,
            layout,
            tables,
            ..
        } = self;
        let lane = lanes.selected_mut();
        let lane = lane.expect("a prepared batch has selected its lane");
        let none = Input::Images(&[]);
        let (mut few, mut many) = ([none; FEW], Vec::new());
        let bound: &mut [Input<'_>] = match few.get_mut(..plan.sources.len()) {
            Some(few) => few,
            None => {
                many.resize(plan.sources.len(), none);
                &mut many
            }
        };
        for (place, source) in bound.iter_mut().zip(&plan.sources) {
            *place = match *source {
                TableOrInput::Input(input) => batch.given[input],
                TableOrInput::Table(chain) => {
                    let layout = BatchLayout::tight(ImageDescriptor::SHAPE, batch.frames);
                    Input::Batch(BatchView::new(layout, tables.bytes(chain))?)
                }
            };
        }
        let inputs = RunInputs {
            bound,
            described: Some(DescribedImages {
                pipeline: batch.pipeline,
                given: batch.given,
                layout,
            }),
            numbers: None,
        };
        act(lane, inputs)
    }
}

fn log_groups(pipeline: &Pipeline, reasons: &[NotChained]) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let reasons = NotChained::texts(reasons, pipeline);
        tracing::debug!("a mixed batch is executed in groups: {reasons}");
    }
}

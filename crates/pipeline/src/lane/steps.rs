//! The parts of an execution one by one, for an engine, which waits for none of them before the end.

use crate::error::{PipelineError, leaves_work};
use crate::image::tensor::DeviceTensor;
use crate::lane::Lane;
use crate::lane::failures::FinishedRun;
use crate::lane::in_flight::InFlight;
use crate::lane::staging::{self, Chunk, CopiedFrames};
use crate::pipeline::node::Source;
use pixelflume_device::Stream;
use pixelflume_memory::{MemoryError, PinnedBuffer};
use pixelflume_ops::ImageBatch;
use pixelflume_ops::image::layout::Spaced;
use pixelflume_scheduler::SchedulerError;
use std::sync::Arc;

impl Lane {
    /// Refuses to go on while a run may still use the lane's memory. Comes before the first copy to that memory.
    pub(crate) fn check_idle(&self) -> Result<(), PipelineError> {
        Ok(self.streams.check_idle()?)
    }

    /// The stream that orders all work on the memory of the plans.
    pub(crate) fn main_stream(&self) -> &Stream {
        self.streams.main()
    }

    /// Allocates the staging buffers of the inputs, for the largest batch of the current plan.
    pub(crate) fn allocate_inputs(&mut self) -> Result<(), PipelineError> {
        let plan = Arc::clone(self.current().shared_plan());
        (self.staging).allocate_inputs(&plan, &self.tables, &self.memory)
    }

    /// The bytes of a frame of an input in its staging buffer, or of its descriptor where the input is a table.
    pub(crate) fn frame_mut(
        &mut self,
        input: usize,
        frame: usize,
    ) -> Result<&mut [u8], MemoryError> {
        if let Some(table) = self.tables.table(input) {
            return self.staging.tables.bytes_mut(table, frame..frame + 1);
        }
        let bytes = self.current().plan().shapes().inputs[input].bytes();
        let memory = self.staging.input_mut(input).as_mut_slice()?;
        Ok(&mut memory[frame * bytes..(frame + 1) * bytes])
    }

    /// Starts to copy frames that were written to the staging buffer of an input, in the order of `stream`; tables that kernels read in
    /// place are not copied.
    pub(crate) fn upload(
        &mut self,
        index: usize,
        chunk: &Chunk,
        frames: CopiedFrames,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let plan = self.plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        match self.tables.table(index) {
            Some(table) => (self.staging).upload_table(plan, (index, table), chunk, stream),
            None => self.staging.upload(plan, index, chunk, frames, stream),
        }
    }

    /// Starts to copy an image without padding, which has the shape of an input, to the place of a frame of the plan, in the order of
    /// `stream`.
    pub(crate) fn copy_frame(
        &mut self,
        index: usize,
        chunk: &Chunk,
        frame: usize,
        image: &DeviceTensor,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let plan = self.plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        let source = Source::Input(index);
        let bytes = plan.plan().shapes().of(source).bytes();
        let (buffer, offset) = plan.buffer_mut(source);
        let copied = image.copy_to(buffer, offset + frame * bytes, stream);
        copied.map_err(|error| {
            let pipeline = plan.plan().pipeline();
            pipeline.copy_failed(chunk.upload(), source, error)
        })
    }

    /// Submits a run of the current plan over its own memory.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(crate) fn run(&mut self, chunk: &Chunk) -> Result<(), PipelineError> {
        // SAFETY: no images are given for outputs.
        unsafe { self.run_with(chunk, |_| None) }
    }

    /// Submits a run of the current plan that writes its outputs into these frames of tensors, behind the present work of their
    /// home streams. The home streams are not ordered behind the run.
    ///
    /// # Safety
    /// Until the run is finished the tensors are kept, or marked as used by work that nothing orders, and nothing else uses their
    /// memory.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(crate) unsafe fn run_into(
        &mut self,
        chunk: &Chunk,
        outputs: &[DeviceTensor],
        places: Spaced,
    ) -> Result<(), PipelineError> {
        for tensor in outputs {
            tensor.order_before(self.streams.main())?;
        }
        let frames = 0..chunk.frames.len();
        let output = |index: usize| {
            let images = outputs[index].images().spaced(places);
            Some(images.images(frames.clone()))
        };
        // SAFETY: the caller promises it, and the tensors have memory of their own, which overlaps nothing.
        unsafe { self.run_with(chunk, output) }
    }

    /// Submits a run of the current plan. `output` gives the images for outputs that are not in the memory of the plan.
    ///
    /// # Safety
    /// For the memory that `output` gives the caller promises what [`Lane::run_into`] asks for, and that it overlaps nothing else.
    #[expect(unsafe_code, reason = "runs the plan")]
    unsafe fn run_with(
        &mut self,
        chunk: &Chunk,
        output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> Result<(), PipelineError> {
        let Lane {
            streams,
            plans,
            staging,
            tables,
            ..
        } = self;
        let plan = plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        let (main, batch) = (streams.main().clone(), streams.unused());
        let input = |index| {
            let table = tables.table(index)?;
            staging.tables.in_place(table, chunk.frames.len())
        };
        // SAFETY: the memory of inputs is the plan's, which the lane keeps together with its streams and runs in no other; it is used
        // for copies in the order of the main stream, on which all runs of an engine's lane are. Tables that are read in place are
        // the lane's as well, and are written again or freed behind the run alone (`order_after`). The images that tables describe are
        // kept by the engine's lane until the run is finished, or not used again before the device is idle. For outputs the caller
        // promises it. Nothing but the lane uses its streams.
        let run = unsafe { streams.run(batch, plan, chunk, &main, None, input, output) };
        if run.as_ref().is_err_and(leaves_work) {
            staging.tables.mark_unordered();
        }
        run?;
        Ok(staging.tables.order_after(&main)?)
    }

    /// Starts to copy frames of an output to page-locked memory, where the batch begins at byte `at`, in the order of `stream`.
    pub(crate) fn download(
        &self,
        output: usize,
        chunk: &Chunk,
        frames: CopiedFrames,
        target: (&mut PinnedBuffer, usize),
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        staging::download(self.current(), output, chunk, frames, target, stream)
    }

    /// The run that was submitted last.
    ///
    /// # Panics
    /// When all are finished.
    pub(crate) fn newest(&self) -> Arc<InFlight> {
        let newest = self.streams.newest();
        Arc::clone(newest.expect("a run was submitted, and is not finished"))
    }

    /// Waits for the oldest runs in flight as long as there is no room for another one.
    pub(crate) fn make_way(&mut self) -> Result<(), PipelineError> {
        while let Err(error) = self.streams.check_idle() {
            match error {
                SchedulerError::RunInFlight { .. } => self.finish_oldest()?,
                error => return Err(error.into()),
            };
        }
        Ok(())
    }

    /// Waits for the run that was submitted last; `None` where there is none.
    pub(crate) fn finish(&mut self) -> Result<Option<FinishedRun<'_>>, PipelineError> {
        self.streams.finish()
    }
}

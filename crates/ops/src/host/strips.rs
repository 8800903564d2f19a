//! A chain of operators as one launch on the host.
//!
//! The last output is split into strips. For each strip, every operator of the chain makes the rows that the next operator
//! reads, into a row buffer that stays in the cache. The executors of the single operators compute the rows. A row that the
//! strip above needed as well stays in its buffer, so that within a band no row of an image is computed twice.

use crate::host::scratch::{CACHE_LINE, Line};
use crate::host::view::{
    Band, BufferedRows, Source, Strip, StripCode, check_images, for_each_band,
};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use bytemuck::{NoUninit, Pod, Zeroable};
use pixelflume_device::{Address, Args, HostKernel, TaskFailure, Workers};
use std::any::TypeId;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// One operator of a chain, as it computes strips of its output.
pub(crate) trait StripStage: Send + Sync {
    /// The rows of the source that these rows of the output, at least one, are made from. The range may be empty.
    fn source_rows(&self, rows: Range<usize>) -> Range<usize>;

    /// The halo of the operator: a row of the output is made from the row of the source at the same height and this many rows
    /// above and below it. `None` for operators of another kind, for which [`StripStage::source_rows`] alone says what is read.
    fn halo(&self) -> Option<usize> {
        None
    }

    /// Rows of intermediate results that a strip computes although a neighboring strip computes them as well.
    fn recomputed_rows(&self) -> usize;

    /// Writes the rows of one strip. Source and strip are rows of bytes.
    fn run(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>);
}

/// The strip code of an operator with its arguments.
pub(crate) struct BoundStrips {
    /// The executor.
    pub(crate) code: Arc<dyn StripCode>,
    /// The arguments as in a launch, but for the addresses of the images.
    pub(crate) args: Args,
}

impl BoundStrips {
    /// The stage of an executor for images of these shapes. `args` makes the arguments; the images have no memory yet, so that
    /// their addresses are null.
    pub(crate) fn stage<A: NoUninit>(
        code: Arc<dyn StripCode>,
        (input, output): (ImageShape, ImageShape),
        param: fn(&ImageBatch) -> ImageParam,
        args: impl FnOnce(ImageParam, ImageParam) -> A,
    ) -> Arc<dyn StripStage> {
        let param = |shape| param(&ImageBatch::tight(shape, 1, Address::NULL));
        let args = Args::of(&args(param(input), param(output)));
        Arc::new(BoundStrips { code, args })
    }
}

impl StripStage for BoundStrips {
    fn source_rows(&self, rows: Range<usize>) -> Range<usize> {
        self.code.source_rows(&self.args, rows)
    }

    fn halo(&self) -> Option<usize> {
        self.code.halo(&self.args)
    }

    fn recomputed_rows(&self) -> usize {
        self.code.recomputed_rows(&self.args)
    }

    fn run(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        self.code.run_strip(&self.args, source, strip);
    }
}

/// A stage of a chain, but for the last one, and the buffer for the rows that it makes.
pub(crate) struct BufferedStage {
    /// Computes the rows.
    pub(crate) stage: Arc<dyn StripStage>,
    /// The offset of the buffer in the scratch memory, behind the buffers of the stages before: a multiple of [`CACHE_LINE`].
    pub(crate) offset: usize,
    /// Rows of the stage's output image.
    pub(crate) height: usize,
    /// Bytes of a row.
    pub(crate) row_bytes: usize,
}

impl BufferedStage {
    /// Bytes from a row of the buffer to the next.
    pub(crate) fn pitch(&self) -> usize {
        self.row_bytes.next_multiple_of(CACHE_LINE)
    }

    /// The layout of the buffer with these rows in it.
    fn layout(&self, rows: &Range<usize>, frame: usize) -> BufferedRows {
        BufferedRows {
            frame,
            rows: rows.clone(),
            height: self.height,
            row_bytes: self.row_bytes,
            pitch: self.pitch(),
        }
    }

    /// The rows in the buffer, to be read.
    fn source<'a>(&self, memory: &'a [u8], rows: &Range<usize>, frame: usize) -> Source<'a, u8> {
        let end = self.offset + rows.len() * self.pitch();
        Source::buffered(&memory[self.offset..end], &self.layout(rows, frame))
    }
}

/// The fewest rows that are worth a band of their own.
pub(crate) const LEAST_ROWS: usize = 32;

/// The arguments of a fused launch: images as rows of bytes.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct StripsArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
}

/// The host executor of a chain of operators.
pub(crate) struct StripsHost {
    /// All stages but the last one, with their buffers.
    pub(crate) buffered: Box<[BufferedStage]>,
    /// The last stage, which writes the output.
    pub(crate) last: Arc<dyn StripStage>,
    /// Planes of the output.
    pub(crate) planes: usize,
    /// Rows of a strip of each plane, at least 1.
    pub(crate) rows: usize,
    /// Bytes of all buffers together, each as large as any strip needs it.
    pub(crate) bytes: usize,
}

impl HostKernel for StripsHost {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<StripsArgs>();
        check_images(&args.src, 1, &args.dst, 1).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no
        // longer.
        let source = unsafe { Source::<u8>::of(&args.src) };
        let least_rows = self.rows.min(LEAST_ROWS);
        let each = |band: &mut Band<'_, u8>| self.fill(&source, band);
        // SAFETY: as above, and the source does not overlap it.
        unsafe { for_each_band(workers, &args.dst, self.planes, least_rows, each) };
        Ok(())
    }

    /// The stages are data: a chain of other operators has the same code with another list of stages.
    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

/// The rows that a buffer holds for the current strip of a band.
#[derive(Clone, Debug, Default)]
struct BufferState {
    /// The rows that the buffer holds once it is filled. The first one is at the beginning of the buffer.
    rows: Range<usize>,
    /// The rows that are still to be computed.
    missing: Range<usize>,
}

impl StripsHost {
    /// Computes a band of the output, strip by strip. The source has an image of the band's number.
    pub(crate) fn fill(&self, source: &Source<'_, u8>, band: &mut Band<'_, u8>) {
        with_buffers(self.bytes, self.buffered.len(), |memory, states| {
            states.fill(BufferState::default());
            let (frame, all) = (band.frame(), band.rows());
            for start in all.clone().step_by(self.rows) {
                let rows = start..all.end.min(start + self.rows);
                self.plan_buffers(memory, states, self.last.source_rows(rows.clone()));
                self.fill_buffers(memory, states, source, frame);
                let source = match self.buffered.last().zip(states.last()) {
                    Some((stage, state)) => stage.source(memory, &state.rows, frame),
                    None => source.reborrow(),
                };
                for plane in 0..self.planes {
                    self.last.run(&source, &mut band.strip(plane, rows.clone()));
                }
            }
        });
    }

    /// Decides which rows each buffer is to hold, from the last buffer to the first, and moves rows that a buffer has
    /// already to their new place. `needed` are the rows that the last stage reads.
    fn plan_buffers(&self, memory: &mut [u8], states: &mut [BufferState], needed: Range<usize>) {
        let mut needed = needed;
        for (stage, state) in self.buffered.iter().zip(states).rev() {
            if needed.is_empty() {
                state.missing = 0..0;
                continue;
            }
            let kept = needed.start..state.rows.end.min(needed.end);
            state.missing = if state.rows.contains(&needed.start) && !kept.is_empty() {
                let first = stage.offset + (kept.start - state.rows.start) * stage.pitch();
                let end = first + kept.len() * stage.pitch();
                memory.copy_within(first..end, stage.offset);
                kept.end..needed.end
            } else {
                needed.clone()
            };
            state.rows = needed;
            needed = match state.missing.is_empty() {
                true => 0..0,
                false => stage.stage.source_rows(state.missing.clone()),
            };
        }
    }

    /// Computes the missing rows, from the first buffer to the last.
    fn fill_buffers(
        &self,
        memory: &mut [u8],
        states: &[BufferState],
        source: &Source<'_, u8>,
        frame: usize,
    ) {
        for (index, (stage, state)) in self.buffered.iter().zip(states).enumerate() {
            if state.missing.is_empty() {
                continue;
            }
            let (before, own) = memory.split_at_mut(stage.offset);
            let first = (state.missing.start - state.rows.start) * stage.pitch();
            let mut strip =
                Strip::buffered(&mut own[first..], &stage.layout(&state.missing, frame));
            match index.checked_sub(1) {
                None => stage.stage.run(source, &mut strip),
                Some(previous) => {
                    let (from, state) = (&self.buffered[previous], &states[previous]);
                    let source = from.source(before, &state.rows, frame);
                    stage.stage.run(&source, &mut strip);
                }
            }
        }
    }
}

/// The memory that a thread keeps for chains.
#[derive(Default)]
struct Buffers {
    lines: Vec<Line>,
    states: Vec<BufferState>,
}

/// The most bytes of buffers that a thread keeps. Only chains of mixed batches have larger ones.
const MOST_KEPT: usize = 4 * 1024 * 1024;

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// Calls `f` with `bytes` bytes, aligned to a cache line, and the states of `count` buffers. They hold what earlier calls left
/// in them. The thread keeps the memory, so that only its first call allocates. It is separate from the memory of
/// [`scratch`](super::scratch), which the stages use meanwhile.
fn with_buffers<R>(
    bytes: usize,
    count: usize,
    f: impl FnOnce(&mut [u8], &mut [BufferState]) -> R,
) -> R {
    let mut buffers = BUFFERS.take();
    if buffers.lines.len() < bytes.div_ceil(CACHE_LINE) {
        let lines = bytes.div_ceil(CACHE_LINE);
        buffers.lines.resize(lines, Line::zeroed());
    }
    if buffers.states.len() < count {
        buffers.states.resize(count, BufferState::default());
    }
    let memory = bytemuck::cast_slice_mut(&mut buffers.lines);
    let result = f(&mut memory[..bytes], &mut buffers.states[..count]);
    if bytes > MOST_KEPT {
        buffers.lines = Vec::new();
    }
    BUFFERS.set(buffers);
    result
}

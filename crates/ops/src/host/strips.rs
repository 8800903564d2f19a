//! A run of operators as one launch on the host: the last output is cut into strips, and for each strip every operator
//! makes the rows that the next one needs, in windows of scratch memory that stay in the cache.
//!
//! Nothing is computed here: the rows come from the executors of the single operators. A row that the strip above needed
//! too stays in its window, so that within a band no row of an image is made twice.

use crate::host::view::{Band, Source, Strip, StripCode, Window, check_images, for_each_band};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use bytemuck::{NoUninit, Pod, Zeroable};
use pixelflume_device::{Address, Args, HostKernel, TaskFailure, Workers};
use std::any::TypeId;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// The part that one operator has in a fused launch.
pub(crate) trait StripStage: Send + Sync {
    /// The rows of the source from which these rows of the output are made, of which there is at least one; may be empty.
    fn source_rows(&self, rows: Range<usize>) -> Range<usize>;

    /// The rows above and below its own that each row of the output is made from, where source and output have the same
    /// rows and that is all there is to say.
    fn reach(&self) -> Option<usize> {
        None
    }

    /// Rows that each strip prepares although its neighbours do, too.
    fn shared_rows(&self) -> usize;

    /// Writes the rows of one strip. Both are rows of bytes.
    fn run(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>);
}

/// Host code with its arguments.
pub(crate) struct BoundStrips {
    /// The code.
    pub(crate) code: Arc<dyn StripCode>,
    /// As in a launch, but for the addresses of the images.
    pub(crate) args: Args,
}

impl BoundStrips {
    /// Host code with the arguments of an operator between images of these shapes, which are nowhere yet.
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

    fn reach(&self) -> Option<usize> {
        self.code.reach(&self.args)
    }

    fn shared_rows(&self) -> usize {
        self.code.shared_rows(&self.args)
    }

    fn run(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        self.code.run_strip(&self.args, source, strip);
    }
}

/// A stage of a run, and the scratch memory for what it makes.
pub(crate) struct StripStep {
    pub(crate) stage: Arc<dyn StripStage>,
    /// Where the window begins in the scratch memory, behind those of the stages before; a multiple of [`LINE`].
    pub(crate) offset: usize,
    /// Rows of the image.
    pub(crate) height: usize,
    /// Bytes of a row.
    pub(crate) row_bytes: usize,
}

impl StripStep {
    /// Bytes from a row of the window to the next.
    pub(crate) fn pitch(&self) -> usize {
        self.row_bytes.next_multiple_of(LINE)
    }
}

/// The fewest rows that are worth a band of their own.
const LEAST_ROWS: usize = 32;

/// Bytes of a line of the cache.
pub(crate) const LINE: usize = 64;

/// The arguments of a fused launch: images as rows of bytes.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct StripsArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
}

/// Host executor of a run of operators.
pub(crate) struct StripsHost {
    /// All stages but the last, with their windows.
    pub(crate) steps: Box<[StripStep]>,
    pub(crate) last: Arc<dyn StripStage>,
    /// Planes of the last output.
    pub(crate) planes: usize,
    /// Rows of a strip of each plane, at least 1.
    pub(crate) rows: usize,
    /// Scratch memory for all windows, in bytes; as much as the largest window of each step needs.
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
        let each = |band: &mut Band<'_, u8>| {
            with_windows(self.bytes, self.steps.len(), |memory, windows| {
                windows.fill(Held::default());
                let (frame, all) = (band.frame(), band.rows());
                for start in all.clone().step_by(self.rows) {
                    let rows = start..all.end.min(start + self.rows);
                    self.plan_windows(memory, windows, self.last.source_rows(rows.clone()));
                    self.fill_windows(memory, windows, &source, frame);
                    let last = self.steps.last().zip(windows.last());
                    let source = match last {
                        Some((step, held)) => step.source(memory, &held.rows, frame),
                        None => source.reborrow(),
                    };
                    for plane in 0..self.planes {
                        self.last.run(&source, &mut band.strip(plane, rows.clone()));
                    }
                }
            });
        };
        // SAFETY: as above, and the source does not overlap it.
        unsafe { for_each_band(workers, &args.dst, self.planes, least_rows, each) };
        Ok(())
    }

    /// The stages are data: a run of other operators is another list of them.
    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

/// What a window has, in the course of one band.
#[derive(Clone, Debug, Default)]
struct Held {
    /// The rows that it has, or will have; the first is at its beginning.
    rows: Range<usize>,
    /// Those of them that are still to be made.
    missing: Range<usize>,
}

impl StripsHost {
    /// Decides, from the last window to the first, which rows each is to hold, and moves those that it has already to
    /// their place. `needed` are the rows that the last stage reads.
    fn plan_windows(&self, memory: &mut [u8], windows: &mut [Held], needed: Range<usize>) {
        let mut needed = needed;
        for (step, held) in self.steps.iter().zip(windows).rev() {
            if needed.is_empty() {
                held.missing = 0..0;
                continue;
            }
            let kept = needed.start..held.rows.end.min(needed.end);
            held.missing = if held.rows.contains(&needed.start) && !kept.is_empty() {
                let first = step.offset + (kept.start - held.rows.start) * step.pitch();
                let end = first + kept.len() * step.pitch();
                memory.copy_within(first..end, step.offset);
                kept.end..needed.end
            } else {
                needed.clone()
            };
            held.rows = needed;
            needed = match held.missing.is_empty() {
                true => 0..0,
                false => step.stage.source_rows(held.missing.clone()),
            };
        }
    }

    /// Makes what is missing, from the first window to the last.
    fn fill_windows(
        &self,
        memory: &mut [u8],
        windows: &[Held],
        source: &Source<'_, u8>,
        frame: usize,
    ) {
        for (index, (step, held)) in self.steps.iter().zip(windows).enumerate() {
            if held.missing.is_empty() {
                continue;
            }
            let (before, own) = memory.split_at_mut(step.offset);
            let first = (held.missing.start - held.rows.start) * step.pitch();
            let mut strip = Strip::window(&mut own[first..], &step.window(&held.missing, frame));
            match index.checked_sub(1) {
                None => step.stage.run(source, &mut strip),
                Some(before_it) => {
                    let (from, held) = (&self.steps[before_it], &windows[before_it]);
                    let source = from.source(before, &held.rows, frame);
                    step.stage.run(&source, &mut strip);
                }
            }
        }
    }
}

impl StripStep {
    fn window(&self, rows: &Range<usize>, frame: usize) -> Window {
        Window {
            frame,
            rows: rows.clone(),
            height: self.height,
            row_bytes: self.row_bytes,
            pitch: self.pitch(),
        }
    }

    /// The rows that the window has, to be read.
    fn source<'a>(&self, memory: &'a [u8], rows: &Range<usize>, frame: usize) -> Source<'a, u8> {
        let end = self.offset + rows.len() * self.pitch();
        Source::window(&memory[self.offset..end], &self.window(rows, frame))
    }
}

/// Scratch memory, aligned to lines.
#[derive(Copy, Clone, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

#[derive(Default)]
struct Buffers {
    lines: Vec<Line>,
    windows: Vec<Held>,
}

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

/// Calls `f` with `bytes` bytes, aligned to a line, and `windows` descriptions of windows. What they hold is left over from
/// earlier calls. Kept by the thread, so that only the first call allocates; apart from the memory of
/// [`scratch`](super::scratch), which the stages use meanwhile.
fn with_windows<R>(bytes: usize, windows: usize, f: impl FnOnce(&mut [u8], &mut [Held]) -> R) -> R {
    let mut buffers = BUFFERS.take();
    if buffers.lines.len() < bytes.div_ceil(LINE) {
        buffers.lines.resize(bytes.div_ceil(LINE), Line::zeroed());
    }
    if buffers.windows.len() < windows {
        buffers.windows.resize(windows, Held::default());
    }
    let memory = bytemuck::cast_slice_mut(&mut buffers.lines);
    let result = f(&mut memory[..bytes], &mut buffers.windows[..windows]);
    BUFFERS.set(buffers);
    result
}

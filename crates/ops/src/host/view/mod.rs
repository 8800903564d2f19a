//! Views of the images of a launch, as host executors use them: rows to read, and strips of rows to write.
//!
//! An executor is safe code: a [`StripKernel`], a [`PairKernel`] or a closure of a custom operator. [`check`] refuses impossible
//! memory, and [`rows`] is the only module that turns addresses into slices.
#![expect(
    unsafe_code,
    reason = "kernels hand the promise of a launch on to the views"
)]

mod check;
mod rows;

pub(crate) use check::{check_images, check_memory};
pub(crate) use rows::{Band, BufferedRows, Source, Strip, for_each_band, for_each_strip};

use crate::host::border::around;
use crate::image::ImageParam;
use bytemuck::{AnyBitPattern, Pod};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use std::any::TypeId;
use std::ops::Range;

/// The fewest rows of a strip for each row that it recomputes (see [`StripKernel::recomputed_rows`]).
pub(crate) const ROWS_PER_RECOMPUTED_ROW: usize = 4;

/// The host executor of an operator with one input: it computes one strip of the output at a time.
pub(crate) trait StripKernel: Send + Sync + 'static {
    /// The argument struct of the launch.
    type Args: AnyBitPattern + Sync;
    /// Type of the samples read.
    type Source: Pod + Sync;
    /// Type of the samples written.
    type Target: Pod + Sync;

    /// The images of the arguments: the one that is read, and the one that is written.
    fn images(args: &Self::Args) -> (&ImageParam, &ImageParam);

    /// The fewest rows of the output that are worth a strip of their own.
    fn least_rows(&self, args: &Self::Args) -> usize;

    /// The halo of an operator whose source and output have the same height: an output row is made from the source row at the
    /// same height and this many rows above and below it. `None` where only [`StripKernel::source_rows`] says which rows are
    /// read.
    fn halo(&self, _args: &Self::Args) -> Option<usize> {
        None
    }

    /// The rows of the source that [`StripKernel::run`] may read for these rows of the output, at least one. A part of the rows
    /// needs a part of these source rows. By default the rows of the halo, or all rows where there is no halo.
    fn source_rows(&self, args: &Self::Args, rows: Range<usize>) -> Range<usize> {
        let height = Self::images(args).0.height as usize;
        match self.halo(args) {
            Some(halo) => around(rows, halo, height),
            None => 0..height,
        }
    }

    /// Rows of intermediate results that a strip computes although a neighboring strip computes them as well.
    fn recomputed_rows(&self, _args: &Self::Args) -> usize {
        0
    }

    /// Writes the rows of one strip.
    fn run(
        &self,
        args: &Self::Args,
        source: &Source<'_, Self::Source>,
        strip: &mut Strip<'_, Self::Target>,
    );
}

/// The host kernel that runs a [`StripKernel`].
pub(crate) struct HostCode<K>(pub(crate) K);

impl<K: StripKernel> HostKernel for HostCode<K> {
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<K::Args>();
        let (source, target) = K::images(&args);
        check_images(
            source,
            size_of::<K::Source>(),
            target,
            size_of::<K::Target>(),
        )
        .map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no
        // longer.
        let source = unsafe { Source::<K::Source>::of(source) };
        let least_rows = self.0.least_rows(&args);
        let each = |strip: &mut Strip<'_, K::Target>| self.0.run(&args, &source, strip);
        // SAFETY: as above, and the source does not overlap it.
        unsafe { for_each_strip(workers, target, least_rows, each) };
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

/// A host kernel that can also compute single strips, as part of a fused launch: a [`StripKernel`] with its types erased. The
/// arguments are those of a launch; the addresses of the images are not used.
pub(crate) trait StripCode: HostKernel {
    /// See [`StripKernel::source_rows`].
    fn source_rows(&self, args: &Args, rows: Range<usize>) -> Range<usize>;

    /// See [`StripKernel::halo`].
    fn halo(&self, args: &Args) -> Option<usize>;

    /// See [`StripKernel::recomputed_rows`].
    fn recomputed_rows(&self, args: &Args) -> usize;

    /// Writes the rows of one strip, given as rows of bytes.
    fn run_strip(&self, args: &Args, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>);
}

impl<K: StripKernel> StripCode for HostCode<K> {
    fn source_rows(&self, args: &Args, rows: Range<usize>) -> Range<usize> {
        self.0.source_rows(&args.get::<K::Args>(), rows)
    }

    fn halo(&self, args: &Args) -> Option<usize> {
        self.0.halo(&args.get::<K::Args>())
    }

    fn recomputed_rows(&self, args: &Args) -> usize {
        self.0.recomputed_rows(&args.get::<K::Args>())
    }

    fn run_strip(&self, args: &Args, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let args = args.get::<K::Args>();
        self.0.run(&args, &source.cast(), &mut strip.cast());
    }
}

/// The host executor of an operator with two inputs of 8-bit samples: it computes one strip of the output at a time.
pub(crate) trait PairKernel: Send + Sync + 'static {
    /// The argument struct of the launch.
    type Args: AnyBitPattern + Sync;

    /// The images of the arguments: the two that are read, and the one that is written.
    fn images(args: &Self::Args) -> ([&ImageParam; 2], &ImageParam);

    /// The fewest rows of the output that are worth a strip of their own.
    fn least_rows(&self, args: &Self::Args) -> usize;

    /// Writes the rows of one strip.
    fn run(&self, args: &Self::Args, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>);
}

/// The host kernel that runs a [`PairKernel`].
pub(crate) struct HostPair<K>(pub(crate) K);

impl<K: PairKernel> HostKernel for HostPair<K> {
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<K::Args>();
        let (sources, target) = K::images(&args);
        check_memory(&sources.map(|source| (*source, 1)), (*target, 1))
            .map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the images are good until this call returns, and `args` live no
        // longer.
        let [a, b] = sources.map(|source| unsafe { Source::<u8>::of(source) });
        let least_rows = self.0.least_rows(&args);
        let each = |strip: &mut Strip<'_, u8>| self.0.run(&args, [&a, &b], strip);
        // SAFETY: as above, and no source overlaps it.
        unsafe { for_each_strip(workers, target, least_rows, each) };
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

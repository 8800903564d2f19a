//! How host executors see memory: rows of the images of a launch, and strips of rows to write.
//!
//! An executor is safe code, a [`StripKernel`], a [`PairKernel`] or a closure of the user; [`check`] refuses memory that
//! cannot be, and [`rows`] alone turns addresses into slices.

mod check;
mod rows;

pub(crate) use check::check_memory;

use check::check_images;
pub(in crate::host) use rows::for_each_strip;
pub(crate) use rows::{Source, Strip};

use crate::ImageParam;
use bytemuck::{AnyBitPattern, Pod};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};

/// The host executor of an operator with one input: what to do with one strip of rows of the output.
pub(crate) trait StripKernel: Send + Sync {
    /// The argument block of the launch.
    type Args: AnyBitPattern + Sync;
    /// Type of the samples read.
    type Source: Pod + Sync;
    /// Type of the samples written.
    type Target: Pod + Sync;

    /// The images in the arguments: read, and written.
    fn images(args: &Self::Args) -> (&ImageParam, &ImageParam);

    /// The fewest rows of the output that are worth a strip of their own.
    fn least_rows(&self, args: &Self::Args) -> usize;

    /// Writes the rows of one strip.
    fn run(
        &self,
        args: &Self::Args,
        source: &Source<'_, Self::Source>,
        strip: &mut Strip<'_, Self::Target>,
    );
}

/// Runs a [`StripKernel`] as host code of a launch.
pub(crate) struct HostCode<K>(pub(crate) K);

impl<K: StripKernel> HostKernel for HostCode<K> {
    fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<K::Args>();
        let (source, target) = K::images(&args);
        check_images(
            source,
            size_of::<K::Source>(),
            target,
            size_of::<K::Target>(),
        )
        .map_err(TaskFailure::new)?;
        let source = Source::<K::Source>::of(source);
        let least_rows = self.0.least_rows(&args);
        for_each_strip(
            workers,
            target,
            least_rows,
            |strip: &mut Strip<'_, K::Target>| {
                self.0.run(&args, &source, strip);
            },
        );
        Ok(())
    }
}

/// The host executor of an operator with two inputs of 8-bit samples: what to do with one strip of rows of the output.
pub(crate) trait PairKernel: Send + Sync {
    /// The argument block of the launch.
    type Args: AnyBitPattern + Sync;

    /// The images in the arguments: the two read, and the one written.
    fn images(args: &Self::Args) -> ([&ImageParam; 2], &ImageParam);

    /// The fewest rows of the output that are worth a strip of their own.
    fn least_rows(&self, args: &Self::Args) -> usize;

    /// Writes the rows of one strip.
    fn run(&self, args: &Self::Args, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>);
}

/// Runs a [`PairKernel`] as host code of a launch.
pub(crate) struct HostPair<K>(pub(crate) K);

impl<K: PairKernel> HostKernel for HostPair<K> {
    fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<K::Args>();
        let (sources, target) = K::images(&args);
        check_memory(&sources.map(|source| (*source, 1)), (*target, 1))
            .map_err(TaskFailure::new)?;
        let [a, b] = sources.map(Source::<u8>::of);
        let least_rows = self.0.least_rows(&args);
        for_each_strip(workers, target, least_rows, |strip| {
            self.0.run(&args, [&a, &b], strip);
        });
        Ok(())
    }
}

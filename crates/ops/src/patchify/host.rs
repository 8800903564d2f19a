//! The host executor of `patchify`: for each patch, the runs of samples that are consecutive in the image.

use super::PatchOrder;
use crate::gather::host::Bits;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use pixelflume_kernels::args::PatchifyArgs;
use std::marker::PhantomData;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Patchify`](crate::Patchify), for samples of the size of `T`.
pub(crate) struct PatchifyHost<T> {
    sample: PhantomData<T>,
}

impl<T> Default for PatchifyHost<T> {
    fn default() -> Self {
        let sample = PhantomData;
        PatchifyHost { sample }
    }
}

/// The grid of patches.
struct Patches {
    width: usize,
    height: usize,
    merge: usize,
    /// Groups of `merge` x `merge` patches in a row of the image.
    groups: usize,
}

impl Patches {
    fn new(args: &PatchifyArgs) -> Self {
        let [width, height, merge] =
            [args.patch_width, args.patch_height, args.merge].map(|side| side as usize);
        Patches {
            width,
            height,
            merge,
            groups: args.src.width as usize / (width * merge),
        }
    }

    /// The column and row of the image at which the patch of this number begins.
    fn corner(&self, patch: usize) -> (usize, usize) {
        let m = self.merge;
        let (group, within) = (patch / (m * m), patch % (m * m));
        let across = group % self.groups * m + within % m;
        let down = group / self.groups * m + within / m;
        (across * self.width, down * self.height)
    }
}

impl<T: Bits> StripKernel for PatchifyHost<T> {
    type Args = PatchifyArgs;
    type Source = T;
    type Target = T;

    fn images(args: &PatchifyArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &PatchifyArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize * size_of::<T>())
    }

    fn source_rows(&self, args: &PatchifyArgs, rows: Range<usize>) -> Range<usize> {
        if args.planes > 1 {
            return 0..args.src.height as usize;
        }
        // Groups of patches follow one another row by row, so that the rows of the image are those of the groups' rows.
        let patches = Patches::new(args);
        let in_row = patches.groups * patches.merge * patches.merge;
        let rows_of_group = patches.merge * patches.height;
        let (first, last) = (rows.start / in_row, (rows.end - 1) / in_row);
        first * rows_of_group..(last + 1) * rows_of_group
    }

    fn run(&self, args: &PatchifyArgs, source: &Source<'_, T>, strip: &mut Strip<'_, T>) {
        let patches = Patches::new(args);
        let order = PatchOrder::of(args.order);
        let frame = strip.frame();
        let side_by_side = args.src.channels as usize;
        let planes = args.planes as usize;
        let (channels, rows) = (side_by_side * planes, args.src.height as usize / planes);
        let (width, height) = (patches.width, patches.height);
        let [channel_samples, image_samples] = [width * height, width * height * channels];
        for patch in strip.rows() {
            let (x, y) = patches.corner(patch);
            let out = strip.row(patch);
            for plane in 0..planes {
                for line in 0..height {
                    let row = source.row(frame, plane * rows + y + line);
                    let run = &row[x * side_by_side..][..width * side_by_side];
                    match order {
                        PatchOrder::Thwc => {
                            let out = &mut out[line * width * channels..][..width * channels];
                            interleave(run, side_by_side, &mut out[plane..], channels);
                        }
                        PatchOrder::Cthw | PatchOrder::Tchw => {
                            for channel in 0..side_by_side {
                                let c = plane + channel;
                                let first = match order {
                                    PatchOrder::Cthw => c * args.temporal as usize,
                                    _ => c,
                                };
                                let out = &mut out[first * channel_samples + line * width..];
                                let samples = run[channel..].iter().step_by(side_by_side);
                                for (out, sample) in out[..width].iter_mut().zip(samples) {
                                    *out = *sample;
                                }
                            }
                        }
                    }
                }
            }
            // What is written stands for the first frame.
            let repeated = match order {
                PatchOrder::Cthw => channel_samples,
                _ => image_samples,
            };
            for times in out.chunks_exact_mut(repeated * args.temporal as usize) {
                let (first, others) = times.split_at_mut(repeated);
                for other in others.chunks_exact_mut(repeated) {
                    other.copy_from_slice(first);
                }
            }
        }
    }
}

/// Copies pixels of `from` samples each to the first samples of pixels of `to` samples.
fn interleave<T: Copy>(run: &[T], from: usize, out: &mut [T], to: usize) {
    if from == to {
        out.copy_from_slice(run);
        return;
    }
    for (out, pixel) in out.chunks_mut(to).zip(run.chunks_exact(from)) {
        out[..from].copy_from_slice(pixel);
    }
}

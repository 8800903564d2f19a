//! Rows of the images of a launch. All unsafe code of the crate is here.
//!
//! Why it is sound: [`Launch`](pixelflume_device::Launch) says that whoever enqueues a launch keeps the memory behind its
//! arguments alive, and orders other work on it, until the launch is done; kernels trust their arguments. A view is
//! made from the arguments inside [`HostKernel::run`] and borrows them, so it cannot outlive the launch. Everything
//! that can be checked is checked before: that rows and frames do not overlap each other, that input and output do not,
//! that samples are aligned, and that every row lies inside the span that the shape, pitch and stride describe.
#![expect(
    unsafe_code,
    reason = "launches carry addresses; this module turns them into slices"
)]

use crate::ImageParam;
use bytemuck::{AnyBitPattern, NoUninit, Pod};
use pixelflume_device::{Address, Args, HostKernel, TaskFailure, Workers};
use std::marker::PhantomData;
use std::ops::Range;

/// Strips for each worker, so that one that starts late does not keep the others waiting.
const STRIPS_PER_WORKER: usize = 4;

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

/// Says what is wrong with the memory of two images, with samples of so many bytes, of which the second is written
/// while the first is read.
pub(crate) fn check_images(
    source: &ImageParam,
    source_sample: usize,
    target: &ImageParam,
    target_sample: usize,
) -> Result<(), String> {
    let read = span("input", source, source_sample)?;
    let written = span("output", target, target_sample)?;
    if source.batch != target.batch {
        return Err(format!(
            "the input holds {} image(s), the output {}",
            source.batch, target.batch
        ));
    }
    if read.start < written.end && written.start < read.end {
        return Err(format!(
            "the input at {read:#x?} and the output at {written:#x?} overlap; an operator cannot work in place"
        ));
    }
    Ok(())
}

/// The addresses from the first sample of `image` to one past its last.
fn span(name: &str, image: &ImageParam, sample: usize) -> Result<Range<u64>, String> {
    let sample = sample as u64;
    let row_bytes = u64::from(image.width) * u64::from(image.channels) * sample;
    if row_bytes == 0 || image.height == 0 || image.batch == 0 {
        return Err(format!("the {name} holds no samples: {image:?}"));
    }
    if image.base == 0 {
        return Err(format!("the {name} has no memory: {image:?}"));
    }
    if !image.base.is_multiple_of(sample)
        || !image.row_pitch.is_multiple_of(sample)
        || !image.batch_stride.is_multiple_of(sample)
    {
        return Err(format!(
            "base, row pitch and batch stride of the {name} must be multiples of its {sample}-byte samples: {image:?}"
        ));
    }
    if image.row_pitch < row_bytes {
        return Err(format!(
            "the row pitch of the {name} is {}, its rows have {row_bytes} bytes",
            image.row_pitch
        ));
    }
    let overflow = || format!("the {name} leaves the address space: {image:?}");
    let frame = u64::from(image.height - 1)
        .checked_mul(image.row_pitch)
        .and_then(|bytes| bytes.checked_add(row_bytes))
        .ok_or_else(overflow)?;
    if image.batch > 1 && image.batch_stride < frame {
        return Err(format!(
            "the batch stride of the {name} is {}, an image spans {frame} bytes",
            image.batch_stride
        ));
    }
    let end = u64::from(image.batch - 1)
        .checked_mul(image.batch_stride)
        .and_then(|bytes| bytes.checked_add(frame))
        .filter(|&bytes| bytes <= isize::MAX as u64)
        .and_then(|bytes| image.base.checked_add(bytes))
        .ok_or_else(overflow)?;
    Ok(image.base..end)
}

/// Where the rows of a checked image are.
#[derive(Copy, Clone)]
struct Rows {
    base: usize,
    row_pitch: usize,
    batch_stride: usize,
    /// Samples of a row.
    samples: usize,
    height: usize,
    batch: usize,
}

impl Rows {
    /// `image` has passed [`span`], so the conversions lose nothing and the arithmetic below cannot overflow.
    fn of(image: &ImageParam) -> Self {
        Rows {
            base: image.base as usize,
            row_pitch: image.row_pitch as usize,
            batch_stride: image.batch_stride as usize,
            samples: image.width as usize * image.channels as usize,
            height: image.height as usize,
            batch: image.batch as usize,
        }
    }

    fn address(&self, frame: usize, y: usize) -> Address {
        assert!(
            frame < self.batch && y < self.height,
            "row {y} of frame {frame} is not in the image"
        );
        Address::new((self.base + frame * self.batch_stride + y * self.row_pitch) as u64)
    }
}

/// The images that a launch reads.
pub(crate) struct Source<'a, T> {
    rows: Rows,
    memory: PhantomData<&'a [T]>,
}

impl<'a, T: AnyBitPattern> Source<'a, T> {
    /// `image` stands in the arguments of a running launch and has passed [`check_images`] with samples of type `T`.
    fn of(image: &'a ImageParam) -> Self {
        Source {
            rows: Rows::of(image),
            memory: PhantomData,
        }
    }

    /// Rows of an image.
    pub(crate) fn height(&self) -> usize {
        self.rows.height
    }

    /// The samples of row `y` of image `frame`, all channels of a pixel side by side.
    pub(crate) fn row(&self, frame: usize, y: usize) -> &'a [T] {
        let row = self.rows.address(frame, y).as_ptr::<T>();
        // SAFETY: `address` checked frame and y, so the row lies inside the span that `check_images` computed, which
        // the launch contract keeps alive for 'a (the arguments are borrowed as long). Nothing writes to it: other work
        // is ordered around the launch, and the output of this launch does not overlap it. Base, pitch and stride are
        // multiples of the sample size, and every bit pattern is a T.
        unsafe { std::slice::from_raw_parts(row, self.rows.samples) }
    }
}

/// Consecutive rows of one image that only its holder writes.
pub(crate) struct Strip<'a, T> {
    target: Rows,
    frame: usize,
    rows: Range<usize>,
    memory: PhantomData<&'a mut [T]>,
}

impl<T: NoUninit + AnyBitPattern> Strip<'_, T> {
    /// Number of the image in the batch.
    pub(crate) fn frame(&self) -> usize {
        self.frame
    }

    /// The rows of the strip; it has at least one.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The samples of row `y`, which must be one of [`Strip::rows`].
    pub(crate) fn row(&mut self, y: usize) -> &mut [T] {
        assert!(
            self.rows.contains(&y),
            "row {y} is not in the strip {:?}",
            self.rows
        );
        let row = self.target.address(self.frame, y).as_ptr::<T>();
        // SAFETY: the row lies inside the span that `check_images` computed, alive and aligned as for `Source::row`. It
        // is exclusive: rows of one launch do not overlap (the pitch is at least a row, the stride at least a frame),
        // `for_each_strip` gives each row to one strip, `&mut self` gives it out once at a time, and other work on the
        // memory is ordered around the launch. T has no padding and takes any bit pattern.
        unsafe { std::slice::from_raw_parts_mut(row, self.target.samples) }
    }

    /// Copies row `from` of the strip to row `to` of it.
    pub(crate) fn copy_row(&mut self, from: usize, to: usize) {
        assert!(
            self.rows.contains(&from) && self.rows.contains(&to),
            "rows {from} and {to} are not both in the strip {:?}",
            self.rows
        );
        let source = self.target.address(self.frame, from).as_ptr::<T>();
        let target = self.target.address(self.frame, to).as_ptr::<T>();
        // SAFETY: both rows are exclusive to this strip as shown in `row`, and `copy` allows them to be the same.
        unsafe { std::ptr::copy(source, target, self.target.samples) }
    }
}

/// Cuts `target` into strips of at least `least_rows` rows and calls `f` with each, spread over the workers.
///
/// `target` stands in the arguments of a running launch and has passed [`check_images`] with samples of type `T`. With
/// one worker each image is one strip.
fn for_each_strip<T: NoUninit + AnyBitPattern>(
    workers: &Workers<'_>,
    target: &ImageParam,
    least_rows: usize,
    f: impl Fn(&mut Strip<'_, T>) + Sync,
) {
    let target = Rows::of(target);
    let per_frame = strips_per_frame(workers.count(), target.batch, target.height, least_rows);
    workers.for_each(target.batch * per_frame, &|index| {
        let part = index % per_frame;
        f(&mut Strip {
            target,
            frame: index / per_frame,
            // Part i ends where part i + 1 begins, so that no row is in two of them; frames have no rows in common.
            rows: part * target.height / per_frame..(part + 1) * target.height / per_frame,
            memory: PhantomData,
        });
    });
}

/// Into how many strips each image is cut: at least 1, at most its rows.
fn strips_per_frame(workers: usize, batch: usize, height: usize, least_rows: usize) -> usize {
    if workers == 1 {
        return 1;
    }
    let wanted = (workers * STRIPS_PER_WORKER).div_ceil(batch);
    wanted.min(height / least_rows.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32, batch: u32, row_pitch: u64, batch_stride: u64) -> ImageParam {
        ImageParam {
            base: 0x1000,
            row_pitch,
            batch_stride,
            width,
            height,
            channels: 1,
            batch,
        }
    }

    #[test]
    fn strips_have_rows_and_cover_each_frame_once() {
        for workers in [1, 2, 7, 64] {
            for batch in [1, 3, 100] {
                for height in [1, 2, 15, 16, 17, 1080] {
                    let count = strips_per_frame(workers, batch, height, 16);
                    let cut = |part| part * height / count;
                    assert!(count >= 1 && (count == 1 || height / count >= 16));
                    assert!((0..count).all(|part| cut(part) < cut(part + 1)));
                    assert_eq!((cut(0), cut(count)), (0, height));
                }
            }
        }
    }

    #[test]
    fn memory_that_cannot_be_is_refused() {
        let far = |image: ImageParam| ImageParam {
            base: 0x10_0000,
            ..image
        };
        let good = image(10, 4, 2, 12, 48);
        let check = |source: ImageParam, target: ImageParam| check_images(&source, 1, &target, 1);
        assert_eq!(check(good, far(good)), Ok(()));
        // The last row needs no padding, and one image no stride.
        assert_eq!(
            check(image(10, 4, 2, 12, 46), far(image(10, 4, 2, 12, 46))),
            Ok(())
        );
        assert_eq!(
            check(image(10, 4, 1, 12, 0), far(image(10, 4, 1, 10, 0))),
            Ok(())
        );

        for (bad, message) in [
            (image(10, 4, 2, 9, 48), "row pitch of the input is 9"),
            (image(10, 4, 2, 12, 45), "batch stride of the input is 45"),
            (image(0, 4, 2, 12, 48), "holds no samples"),
            (image(10, 0, 2, 12, 48), "holds no samples"),
            (image(10, 4, 2, u64::MAX, 48), "leaves the address space"),
            (
                image(10, 4, 2, 12, u64::MAX / 2),
                "leaves the address space",
            ),
            (ImageParam { base: 0, ..good }, "has no memory"),
        ] {
            let error = check(bad, far(good)).expect_err(message);
            assert!(error.contains(message), "{error}");
        }
        let error = check(good, far(image(10, 4, 3, 12, 48))).expect_err("batches differ");
        assert_eq!(error, "the input holds 2 image(s), the output 3");
        let overlapping = ImageParam {
            base: good.base + 93,
            ..good
        };
        assert!(
            check(good, overlapping)
                .expect_err("overlap")
                .contains("overlap")
        );
        let beside = ImageParam {
            base: good.base + 94,
            ..good
        };
        assert_eq!(check(good, beside), Ok(()));
    }

    #[test]
    fn signed_rows_must_be_aligned() {
        let source = image(10, 4, 2, 12, 48);
        let target = ImageParam {
            base: 0x10_0000,
            ..image(10, 4, 2, 20, 80)
        };
        assert_eq!(check_images(&source, 1, &target, 2), Ok(()));
        for bad in [
            ImageParam {
                base: 0x10_0001,
                ..target
            },
            ImageParam {
                row_pitch: 21,
                batch_stride: 100,
                ..target
            },
            ImageParam {
                batch_stride: 81,
                ..target
            },
        ] {
            let error = check_images(&source, 1, &bad, 2).expect_err("unaligned");
            assert!(error.contains("multiples of its 2-byte samples"), "{error}");
        }
    }
}

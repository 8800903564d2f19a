//! The stencil kernels: which there are, their arguments, and the geometry of their launches.

use super::MAX_BLOCKS_YZ;
use super::modules::*;
use crate::ImageParam;
use bytemuck::{Pod, Zeroable};
use pixelflume_device::{Grid, KernelModule};

const _: () = assert!(size_of::<StencilArgs>() == 160);

/// Arguments of the kernels of `stencil_*.cu`: `src` and `dst` have one size and batch and must not overlap.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct StencilArgs {
    /// The images read.
    pub(crate) src: ImageParam,
    /// The images written.
    pub(crate) dst: ImageParam,
    /// Rows of the result for each warp, at least 1.
    pub(crate) rows: u32,
    /// 1: each sample `p` of the result becomes `p > threshold ? maximum : 0`.
    pub(crate) select: u32,
    /// 0 to 255.
    pub(crate) threshold: u32,
    /// 0 to 255.
    pub(crate) maximum: u32,
    /// Twice the weights of gray, two in a word: (w0, w1), (w2, 0), (0, w0), (w1, w2), w0 that of the first channel.
    pub(crate) gray: [u32; 4],
    /// The taps of the blur.
    pub(crate) taps: StencilTaps,
}

/// Taps as the kernels for 7 and 9 of them take them. Those for 3 and 5 know theirs.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct StencilTaps {
    /// Outermost first, up to the one in the middle.
    pub(crate) half: [u32; 5],
    /// All of them, a byte each.
    pub(crate) now: [u8; 12],
    /// The same, one byte later.
    pub(crate) later: [u8; 12],
    /// Zero; fills the struct, which has no padding.
    pub(crate) reserved: u32,
}

impl StencilTaps {
    /// These taps, each below 256, in the middle of `size` of them. `size` is odd, at most 9, and at least their number.
    pub(crate) fn new(taps: &[u8], size: usize) -> Self {
        let mut all = Self::zeroed();
        let start = (size - taps.len()) / 2;
        for (at, &tap) in taps.iter().enumerate() {
            all.now[start + at] = tap;
            all.later[start + at + 1] = tap;
        }
        for (half, &tap) in all.half.iter_mut().zip(&all.now[..=size / 2]) {
            *half = tap.into();
        }
        all
    }
}

/// What a stencil kernel loads.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// So many channels, as they are.
    Plain(u32),
    /// The gray of so many channels.
    Gray(u32),
}

impl Source {
    /// Channels of what the stencil works on.
    const fn channels(self) -> u32 {
        match self {
            Source::Plain(channels) => channels,
            Source::Gray(_) => 1,
        }
    }

    /// Bytes in memory for each sample that the stencil works on.
    const fn bytes(self) -> u32 {
        match self {
            Source::Plain(_) => 1,
            Source::Gray(channels) => channels,
        }
    }
}

/// A pair of stencil kernels: one for aligned images, and one for all. The numbers are those of its line in
/// `kernels/stencil_*.cu`.
#[derive(Debug)]
pub(crate) struct Stencil {
    pub(crate) source: Source,
    /// Taps on each axis: 3 and 5 OpenCV's own, 7 and 9 up to so many and any; 0 without a blur.
    pub(crate) blur: u32,
    /// Whether the Sobel magnitude comes after it.
    pub(crate) sobel: bool,
    pub(crate) module: &'static KernelModule,
    /// The kernel for aligned images, and the one for all.
    pub(crate) entries: [&'static str; 2],
    /// Words of four samples that a lane owns.
    words: u32,
    /// Rows of a round of the loop.
    unroll: u32,
    /// Warps of a multiprocessor.
    warps: u32,
}

/// Warps for which rows are dealt out: those of a GPU with so many multiprocessors, an H200. A smaller one works on them in
/// more rounds.
const MULTIPROCESSORS: u32 = 132;
/// Lanes of a warp that write. One more on each side lends its samples to them.
const LANES: u32 = 30;
/// Least and most rows of a warp.
const LEAST_ROWS: u32 = 4;
const MOST_ROWS: u32 = 64;
/// Unrolling and warps of the kernels for all images.
const ANY: (u32, u32) = (2, 16);

impl Stencil {
    const fn new(
        source: Source,
        (blur, sobel): (u32, bool),
        module: &'static KernelModule,
        (words, unroll, warps): (u32, u32, u32),
    ) -> Self {
        Stencil {
            source,
            blur,
            sobel,
            module,
            entries: match (blur, sobel) {
                (0, _) => ["sobel", "sobel_any"],
                (_, false) => ["blur", "blur_any"],
                (_, true) => ["blur_sobel", "blur_sobel_any"],
            },
            words,
            unroll,
            warps,
        }
    }

    /// Whether the kernel for aligned images can take these. The same conditions as of `ALIGNED` in `kernels/stencil.cuh`.
    pub(crate) fn takes(&self, src: &ImageParam, dst: &ImageParam) -> bool {
        let samples = src.width * self.source.channels();
        // Bytes of the widest load that divides the words of a lane.
        let widest = |words: u32| 4 << words.trailing_zeros().min(2);
        let aligned = |image: &ImageParam, bytes: u64| {
            (image.base | image.row_pitch | image.batch_stride).is_multiple_of(bytes)
                && image.row_pitch <= u32::MAX.into()
        };
        samples.is_multiple_of(4 * self.words)
            && src.height > self.blur / 2 + u32::from(self.sobel)
            && aligned(src, widest(self.words * self.source.bytes()))
            && aligned(dst, widest(self.words))
    }

    /// Sets the rows of each warp, and gives the grid of the kernel for aligned images, or of that for all.
    pub(crate) fn grid(&self, args: &mut StencilArgs, aligned: bool) -> Grid {
        let (unroll, warps) = match aligned {
            true => (self.unroll, self.warps),
            false => (ANY.0, ANY.1.min(self.warps)),
        };
        let samples = args.src.width * self.source.channels();
        let strips = samples.div_ceil(4 * LANES * self.words);
        let (height, batch) = (args.src.height, args.src.batch);
        let columns = u64::from(strips) * u64::from(batch);
        let places = u64::from(MULTIPROCESSORS * warps);
        // Each warp begins with the rows above its own, and with the wait for the first of them, which costs like some more.
        // Kernels with many multiplications are bound by them: their warps are done one after the other, but for about one
        // round at the end. Of the others, few rounds of warps are done when the last one is, however empty it is.
        let (start, busy) = match self.blur {
            7.. => (6, true),
            size => (2 * (size / 2) + 4, false),
        };
        let cost = |rows: u32| {
            let warps = columns * u64::from(height.div_ceil(rows));
            let counted = match warps.div_ceil(places) {
                rounds @ 0..=3 if !busy => rounds * places,
                _ => warps + places,
            };
            counted * u64::from(rows + start)
        };
        let candidates = (1..=MOST_ROWS / unroll).map(|rounds| rounds * unroll);
        let rows = candidates
            .filter(|&rows| rows >= LEAST_ROWS)
            .min_by_key(|&rows| cost(rows));
        args.rows = rows.unwrap_or(MOST_ROWS);
        Grid {
            blocks: [
                strips.max(1),
                height.div_ceil(args.rows).clamp(1, MAX_BLOCKS_YZ),
                batch.clamp(1, MAX_BLOCKS_YZ),
            ],
            threads: [32, 1, 1],
            shared_bytes: 0,
        }
    }
}

/// All stencil kernels; of those that can do something, the first has the least work.
pub(crate) static STENCILS: &[Stencil] = {
    use Source::{Gray, Plain};
    const BLUR: bool = false;
    const SOBEL: bool = true;
    &[
        Stencil::new(Plain(1), (0, SOBEL), &STENCIL_GRAY, (2, 4, 20)),
        Stencil::new(Plain(1), (3, BLUR), &STENCIL_GRAY_3, (4, 4, 20)),
        Stencil::new(Plain(1), (3, SOBEL), &STENCIL_GRAY_3, (2, 4, 20)),
        Stencil::new(Plain(1), (5, BLUR), &STENCIL_GRAY_5, (4, 4, 20)),
        Stencil::new(Plain(1), (5, SOBEL), &STENCIL_GRAY_5, (2, 4, 20)),
        Stencil::new(Plain(1), (7, BLUR), &STENCIL_GRAY_7, (4, 6, 14)),
        Stencil::new(Plain(1), (7, SOBEL), &STENCIL_GRAY_7, (2, 6, 18)),
        Stencil::new(Plain(1), (9, BLUR), &STENCIL_GRAY_9, (4, 8, 12)),
        Stencil::new(Plain(1), (9, SOBEL), &STENCIL_GRAY_9, (2, 8, 16)),
        Stencil::new(Plain(3), (3, BLUR), &STENCIL_RGB_3, (4, 4, 20)),
        Stencil::new(Plain(3), (5, BLUR), &STENCIL_RGB_5, (4, 4, 20)),
        Stencil::new(Plain(3), (7, BLUR), &STENCIL_RGB_7, (4, 6, 14)),
        Stencil::new(Plain(3), (9, BLUR), &STENCIL_RGB_9, (4, 8, 12)),
        Stencil::new(Plain(4), (3, BLUR), &STENCIL_RGBA_3, (4, 4, 20)),
        Stencil::new(Plain(4), (5, BLUR), &STENCIL_RGBA_5, (4, 4, 20)),
        Stencil::new(Plain(4), (7, BLUR), &STENCIL_RGBA_7, (4, 6, 14)),
        Stencil::new(Plain(4), (9, BLUR), &STENCIL_RGBA_9, (5, 8, 12)),
        Stencil::new(Gray(3), (0, SOBEL), &STENCIL_RGB_TO_GRAY, (2, 4, 20)),
        Stencil::new(Gray(3), (3, BLUR), &STENCIL_RGB_TO_GRAY_3, (2, 4, 20)),
        Stencil::new(Gray(3), (3, SOBEL), &STENCIL_RGB_TO_GRAY_3, (2, 4, 20)),
        Stencil::new(Gray(3), (5, BLUR), &STENCIL_RGB_TO_GRAY_5, (2, 4, 20)),
        Stencil::new(Gray(3), (5, SOBEL), &STENCIL_RGB_TO_GRAY_5, (2, 4, 20)),
        Stencil::new(Gray(3), (9, BLUR), &STENCIL_RGB_TO_GRAY_9, (2, 8, 16)),
        Stencil::new(Gray(3), (9, SOBEL), &STENCIL_RGB_TO_GRAY_9, (2, 8, 16)),
        Stencil::new(Gray(4), (0, SOBEL), &STENCIL_RGBA_TO_GRAY, (2, 4, 16)),
        Stencil::new(Gray(4), (3, BLUR), &STENCIL_RGBA_TO_GRAY_3, (2, 4, 20)),
        Stencil::new(Gray(4), (3, SOBEL), &STENCIL_RGBA_TO_GRAY_3, (2, 4, 16)),
        Stencil::new(Gray(4), (5, BLUR), &STENCIL_RGBA_TO_GRAY_5, (2, 4, 20)),
        Stencil::new(Gray(4), (5, SOBEL), &STENCIL_RGBA_TO_GRAY_5, (2, 4, 16)),
        Stencil::new(Gray(4), (9, BLUR), &STENCIL_RGBA_TO_GRAY_9, (2, 8, 16)),
        Stencil::new(Gray(4), (9, SOBEL), &STENCIL_RGBA_TO_GRAY_9, (2, 8, 16)),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32, channels: u32, batch: u32, pad: u64) -> ImageParam {
        let row = u64::from(width) * u64::from(channels) + pad;
        ImageParam {
            base: 1 << 20,
            row_pitch: row,
            batch_stride: row * u64::from(height),
            width,
            height,
            channels,
            batch,
        }
    }

    #[test]
    fn the_table_is_that_of_the_sources() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernels");
        for stencil in STENCILS {
            let path = folder.join(format!("{}.cu", stencil.module.name));
            let text = std::fs::read_to_string(path).unwrap();
            let (kind, channels) = match stencil.source {
                Source::Plain(channels) => ("PLAIN", channels),
                Source::Gray(channels) => ("GRAY", channels),
            };
            let blur = match stencil.blur {
                0 => "NONE".to_owned(),
                size => size.to_string(),
            };
            let start = format!(
                "STENCIL({}, {kind}_{channels}, BLUR_{blur}, {}, {}, ",
                stencil.entries[0], stencil.sobel, stencil.words
            );
            let end = format!(", {}, {})", stencil.unroll, stencil.warps);
            assert!(
                text.lines()
                    .any(|line| line.starts_with(&start) && line.ends_with(&end)),
                "{}: no {start}..{end}",
                stencil.module.name
            );
        }
    }

    #[test]
    fn grids_cover_the_image_within_the_limits_of_cuda() {
        for stencil in STENCILS {
            let channels = match stencil.source {
                Source::Plain(channels) | Source::Gray(channels) => channels,
            };
            for (width, height, batch) in [
                (1, 1, 1),
                (1920, 1080, 8),
                (65_536, 65_536, 1),
                (5, 9, 100_000),
            ] {
                for aligned in [true, false] {
                    let src = image(width, height, channels, batch, 0);
                    let mut args = StencilArgs {
                        src,
                        ..StencilArgs::zeroed()
                    };
                    let grid = stencil.grid(&mut args, aligned);
                    let samples = width * stencil.source.channels();
                    assert!(grid.blocks[0] * 120 * stencil.words >= samples);
                    assert!((grid.blocks[0] - 1) * 120 * stencil.words < samples);
                    assert!(grid.blocks[1] * args.rows >= height && (4..=64).contains(&args.rows));
                    assert_eq!(grid.blocks[2], batch.min(MAX_BLOCKS_YZ));
                }
            }
        }
    }

    #[test]
    fn rows_fill_the_multiprocessors_once_where_they_can() {
        let edges = STENCILS
            .iter()
            .find(|s| s.source == Source::Gray(3) && s.blur == 5 && s.sobel);
        let src = image(1920, 1080, 3, 8, 0);
        let mut args = StencilArgs {
            src,
            ..StencilArgs::zeroed()
        };
        let grid = edges.expect("it is there").grid(&mut args, true);
        // 8 strips of 240 pixels; 39 warps one below the other in each of 8 frames: 2496 of 2640 places.
        assert_eq!((grid.blocks, args.rows), ([8, 39, 8], 28));
    }

    #[test]
    fn aligned_images_are_told_from_others() {
        let blur = STENCILS
            .iter()
            .find(|s| s.source == Source::Plain(3) && s.blur == 5);
        let blur = blur.expect("it is there");
        let tight = image(1920, 1080, 3, 8, 0);
        assert!(blur.takes(&tight, &tight));
        // 16 pixels of three channels are a whole number of lanes of 16 bytes.
        assert!(!blur.takes(&image(1919, 1080, 3, 8, 3), &image(1919, 1080, 3, 8, 3)));
        assert!(!blur.takes(&image(1920, 1080, 3, 8, 4), &tight));
        assert!(!blur.takes(&tight, &image(1920, 1080, 3, 8, 8)));
        assert!(blur.takes(&image(16, 3, 3, 8, 16), &image(16, 3, 3, 8, 0)));
        assert!(!blur.takes(&image(16, 2, 3, 8, 0), &image(16, 2, 3, 8, 0)));
        let off = ImageParam {
            base: tight.base + 1,
            ..tight
        };
        assert!(!blur.takes(&off, &tight) && !blur.takes(&tight, &off));
    }

    #[test]
    fn taps_stand_in_the_middle() {
        let taps = StencilTaps::new(&[30, 196, 30], 7);
        assert_eq!(taps.half, [0, 0, 30, 196, 0]);
        assert_eq!(taps.now[..8], [0, 0, 30, 196, 30, 0, 0, 0]);
        assert_eq!(taps.later[..8], [0, 0, 0, 30, 196, 30, 0, 0]);
    }
}

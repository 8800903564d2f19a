//! The stencil kernels: their arguments, which images they take, and the geometry of their launches. Which there are is in
//! the table of [`pixelflume_kernels::STENCILS`].

use super::MAX_BLOCKS_YZ;
use crate::image::ImageParam;
use bytemuck::{Pod, Zeroable};
use pixelflume_device::{Grid, Residency};
use pixelflume_kernels::{Shape, Stencil};

const _: () = assert!(size_of::<StencilArgs>() == 160);

/// Arguments of the kernels of `stencil.cu`: `src` and `dst` have one size and batch and must not overlap.
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

/// Lanes of a warp that write. One more on each side lends its samples to them.
const LANES: u32 = 30;
/// Least and most rows of a warp.
const LEAST_ROWS: u32 = 4;
const MOST_ROWS: u32 = 64;
/// Unrolling and warps of the kernels for all images.
const ANY: (u32, u32) = (2, 16);

/// Whether the kernel for aligned images can take these. The same conditions as of `ALIGNED` in `kernels/stencil.cuh`.
pub(crate) fn stencil_takes(stencil: &Stencil, src: &ImageParam, dst: &ImageParam) -> bool {
    let words = stencil.shape.words;
    let samples = src.width * stencil.source.channels();
    // Bytes of the widest load that divides the words of a lane.
    let widest = |words: u32| 4 << words.trailing_zeros().min(2);
    let aligned = |image: &ImageParam, bytes: u64| {
        (image.base | image.row_pitch | image.batch_stride).is_multiple_of(bytes)
            && image.row_pitch <= u32::MAX.into()
    };
    samples.is_multiple_of(4 * words)
        && src.height > stencil.blur / 2 + u32::from(stencil.sobel)
        && aligned(src, widest(words * stencil.source.bytes()))
        && aligned(dst, widest(words))
}

/// Sets the rows of each warp, and gives the grid of the kernel for aligned images, or of that for all, on a GPU of this
/// residency.
pub(crate) fn stencil_grid(
    stencil: &Stencil,
    args: &mut StencilArgs,
    aligned: bool,
    gpu: Residency,
) -> Grid {
    let Shape {
        words,
        unroll,
        warps,
        ..
    } = stencil.shape;
    let (unroll, warps) = match aligned {
        true => (unroll, warps),
        false => (ANY.0, ANY.1.min(warps)),
    };
    let samples = args.src.width * stencil.source.channels();
    let strips = samples.div_ceil(4 * LANES * words);
    let (height, batch) = (args.src.height, args.src.batch);
    let columns = u64::from(strips) * u64::from(batch);
    // A block is one warp. What a GPU cannot hold at once waits for another round.
    let places = u64::from(gpu.multiprocessors.max(1)) * u64::from(warps.min(gpu.blocks.max(1)));
    // Each warp begins with the rows above its own, and with the wait for the first of them, which costs like some more.
    // Kernels with many multiplications are bound by them: their warps are done one after the other, but for about one
    // round at the end. Of the others, few rounds of warps are done when the last one is, however empty it is.
    let (start, busy) = match stencil.blur {
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

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume_kernels::{Source, stencils};

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

    /// The GPUs with so many multiprocessors: a GTX 1650 has few, an RTX 3070, an A100, an H200, an RTX 5090 have more.
    const MULTIPROCESSORS: [u32; 5] = [20, 46, 108, 132, 170];

    const H200: Residency = Residency {
        multiprocessors: 132,
        blocks: 32,
    };

    fn find(source: Source, blur: u32, sobel: bool) -> Stencil {
        let found = stencils().find(|s| (s.source, s.blur, s.sobel) == (source, blur, sobel));
        found.expect("it is there")
    }

    fn grid(stencil: &Stencil, src: ImageParam, aligned: bool, gpu: Residency) -> (Grid, u32) {
        let mut args = StencilArgs {
            src,
            ..StencilArgs::zeroed()
        };
        let grid = stencil_grid(stencil, &mut args, aligned, gpu);
        (grid, args.rows)
    }

    #[test]
    fn geometry_follows_the_gpu_and_covers_every_row_once() {
        let src = image(1920, 1080, 3, 8, 0);
        let edges = find(Source::Gray(3), 5, true);
        let mut all = Vec::new();
        for multiprocessors in MULTIPROCESSORS {
            let gpu = Residency {
                multiprocessors,
                blocks: 32,
            };
            let (grid, rows) = grid(&edges, src, true, gpu);
            // As the kernels walk: block y has its rows, the last one what is left.
            let mut covered = vec![0; 1080];
            for block in 0..grid.blocks[1] {
                for row in block * rows..((block + 1) * rows).min(1080) {
                    covered[row as usize] += 1;
                }
            }
            assert!(covered.iter().all(|&times| times == 1), "{multiprocessors}");
            all.push(rows);
        }
        // More multiprocessors get more warps of fewer rows.
        assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
    }

    #[test]
    fn a_gpu_that_holds_fewer_blocks_gets_fewer_of_them() {
        // GPUs of 7.5 and 8.6 hold 16 blocks on a multiprocessor, and the kernels ask for 20.
        let (src, edges) = (image(1920, 1080, 3, 8, 0), find(Source::Gray(3), 5, true));
        let rows = |multiprocessors, blocks| {
            let gpu = Residency {
                multiprocessors,
                blocks,
            };
            grid(&edges, src, true, gpu).1
        };
        assert_eq!(rows(160, 16), rows(128, 32));
        assert_ne!(rows(160, 16), rows(160, 32));
    }

    #[test]
    fn grids_cover_the_image_within_the_limits_of_cuda() {
        for stencil in stencils() {
            let channels = match stencil.source {
                Source::Plain(channels) | Source::Gray(channels) => channels,
            };
            let lane = 4 * stencil.shape.words;
            for (width, height, batch) in [
                (1, 1, 1),
                (1920, 1080, 8),
                (65_536, 65_536, 1),
                (5, 9, 100_000),
            ] {
                for (multiprocessors, aligned) in MULTIPROCESSORS
                    .into_iter()
                    .flat_map(|count| [(count, true), (count, false)])
                {
                    let gpu = Residency {
                        multiprocessors,
                        blocks: 16,
                    };
                    let src = image(width, height, channels, batch, 0);
                    let (grid, rows) = grid(&stencil, src, aligned, gpu);
                    let samples = width * stencil.source.channels();
                    assert!(grid.blocks[0] * LANES * lane >= samples);
                    assert!((grid.blocks[0] - 1) * LANES * lane < samples);
                    assert!(grid.blocks[1] * rows >= height && (4..=64).contains(&rows));
                    assert_eq!(grid.blocks[2], batch.min(MAX_BLOCKS_YZ));
                }
            }
        }
    }

    #[test]
    fn rows_fill_the_multiprocessors_once_where_they_can() {
        let edges = find(Source::Gray(3), 5, true);
        let (grid, rows) = grid(&edges, image(1920, 1080, 3, 8, 0), true, H200);
        // 8 strips of 240 pixels; 39 warps one below the other in each of 8 frames: 2496 of 2640 places.
        assert_eq!((grid.blocks, rows), ([8, 39, 8], 28));
    }

    #[test]
    fn aligned_images_are_told_from_others() {
        let blur = find(Source::Plain(3), 5, false);
        let takes = |src: &ImageParam, dst: &ImageParam| stencil_takes(&blur, src, dst);
        let tight = image(1920, 1080, 3, 8, 0);
        assert!(takes(&tight, &tight));
        // 16 pixels of three channels are a whole number of lanes of 16 bytes.
        assert!(!takes(
            &image(1919, 1080, 3, 8, 3),
            &image(1919, 1080, 3, 8, 3)
        ));
        assert!(!takes(&image(1920, 1080, 3, 8, 4), &tight));
        assert!(!takes(&tight, &image(1920, 1080, 3, 8, 8)));
        assert!(takes(&image(16, 3, 3, 8, 16), &image(16, 3, 3, 8, 0)));
        assert!(!takes(&image(16, 2, 3, 8, 0), &image(16, 2, 3, 8, 0)));
        let off = ImageParam {
            base: tight.base + 1,
            ..tight
        };
        assert!(!takes(&off, &tight) && !takes(&tight, &off));
    }

    #[test]
    fn taps_stand_in_the_middle() {
        let taps = StencilTaps::new(&[30, 196, 30], 7);
        assert_eq!(taps.half, [0, 0, 30, 196, 0]);
        assert_eq!(taps.now[..8], [0, 0, 30, 196, 30, 0, 0, 0]);
        assert_eq!(taps.later[..8], [0, 0, 0, 30, 196, 30, 0, 0]);
    }
}

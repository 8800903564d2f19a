//! The stencil kernels: the condition of the fast ones, and the geometry of their launches. The kernels are listed in
//! [`pixelflume_kernels::STENCILS`].

use super::MAX_BLOCKS_YZ;
use crate::image::ImageParam;
use pixelflume_device::{Grid, Residency};
use pixelflume_kernels::args::StencilArgs;
use pixelflume_kernels::{Shape, Stencil};

/// Lanes of a warp that compute output. One more lane on each side only provides the halo.
const LANES: u32 = 30;
/// The bounds of the rows that a warp computes.
const LEAST_ROWS: u32 = 4;
const MOST_ROWS: u32 = 64;
/// Unrolling and resident warps of the kernels for images of any alignment.
const ANY_ALIGNMENT: (u32, u32) = (2, 16);

/// Whether the kernel for aligned images can take these images. `ALIGNED` in `kernels/stencil.cuh` means the same conditions.
pub(crate) fn stencil_takes(stencil: &Stencil, src: &ImageParam, dst: &ImageParam) -> bool {
    let words = stencil.shape.words;
    let samples = src.width * stencil.source.channels();
    // Bytes of the widest vector load that divides the words of a lane.
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

/// Sets the rows of each warp, and gives the grid of the kernel for aligned images (`aligned`) or of the other one, on a GPU of
/// this residency.
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
        false => (ANY_ALIGNMENT.0, ANY_ALIGNMENT.1.min(warps)),
    };
    let samples = args.src.width * stencil.source.channels();
    let strips = samples.div_ceil(4 * LANES * words);
    let (height, batch) = (args.src.height, args.src.batch);
    let columns = u64::from(strips) * u64::from(batch);
    // A block is one warp, so a wave has as many warps as the GPU holds blocks.
    let wave = u64::from(gpu.multiprocessors.max(1)) * u64::from(warps.min(gpu.blocks.max(1)));
    // The cost of a warp is its rows plus a constant start: the rows above its first one, and the latency of the first loads.
    // Kernels of 7 taps and more are bound by multiplications: their throughput hardly depends on occupancy, so that the total
    // is the number of warps plus about one wave for the tail. For the other kernels wave quantization dominates where there
    // are few waves: a last wave that is nearly empty takes as long as a full one.
    let (start, compute_bound) = match stencil.blur {
        7.. => (6, true),
        size => (2 * (size / 2) + 4, false),
    };
    let cost = |rows: u32| {
        let warps = columns * u64::from(height.div_ceil(rows));
        let counted = match warps.div_ceil(wave) {
            waves @ 0..=3 if !compute_bound => waves * wave,
            _ => warps + wave,
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
    use bytemuck::Zeroable;
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

    /// The multiprocessors of a GTX 1650, an RTX 3070, an A100, an H200 and an RTX 5090.
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
}

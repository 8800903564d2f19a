//! The launch of the CUDA kernels `patchify_1`, `patchify_2` and `patchify_4`.

use crate::kernels::grid as grid_of_tiles;
use pixelflume_device::Grid;
use pixelflume_kernels::args::PatchifyArgs;

/// Rows of the matrix that each thread computes.
const ROWS: u32 = 4;

/// The grid of `patchify.cu`: one column of some rows of the matrix for each thread.
pub(super) fn grid(args: &PatchifyArgs) -> Grid {
    let dst = &args.dst;
    let tile = (32, 8 * ROWS);
    grid_of_tiles(dst.width.into(), dst.height, dst.batch, tile, [32, 8, 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    #[test]
    fn grids_cover_the_matrix_within_the_limits_of_cuda() {
        let blocks = |width, height, batch| {
            let mut args = PatchifyArgs::zeroed();
            (args.dst.width, args.dst.height, args.dst.batch) = (width, height, batch);
            grid(&args).blocks
        };
        assert_eq!(blocks(1176, 280, 3), [37, 9, 3]);
        assert_eq!(blocks(1, 1, 1), [1, 1, 1]);
        let most = (1 << 30) - 1;
        assert_eq!(blocks(most, most, 70_000), [1 << 25, 65_535, 65_535]);
    }
}

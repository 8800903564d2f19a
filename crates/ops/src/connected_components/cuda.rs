//! The launches of the CUDA kernels of `connected_components.cu`.

use crate::kernels::{MAX_BLOCKS_YZ, one_each};
use pixelflume_device::Grid;
use pixelflume_kernels::args::ComponentsArgs;

/// A pixel for each of 32 x 8 threads.
pub(super) fn pixels_grid(args: &ComponentsArgs) -> Grid {
    one_each(args.src.width.into(), &args.src)
}

/// A block of 256 threads for each row of each image.
pub(super) fn rows_grid(args: &ComponentsArgs) -> Grid {
    blocks(args.src.height, args)
}

/// A block of 256 threads for each image.
pub(super) fn offsets_grid(args: &ComponentsArgs) -> Grid {
    blocks(1, args)
}

fn blocks(of_image: u32, args: &ComponentsArgs) -> Grid {
    Grid {
        blocks: [of_image, 1, args.src.batch.clamp(1, MAX_BLOCKS_YZ)],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}

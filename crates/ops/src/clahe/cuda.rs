//! The launches of the CUDA kernels of `clahe.cu`.

use crate::kernels::{MAX_BLOCKS_YZ, one_each};
use pixelflume_device::Grid;
use pixelflume_kernels::args::ClaheArgs;

/// The grid of `clahe_tables`: a block of 256 threads for each tile of each image.
pub(super) fn tables_grid(args: &ClaheArgs) -> Grid {
    Grid {
        blocks: [
            args.columns * args.rows,
            1,
            args.src.batch.clamp(1, MAX_BLOCKS_YZ),
        ],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}

/// The grid of `clahe`: one pixel of some rows for each thread.
pub(super) fn grid(args: &ClaheArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

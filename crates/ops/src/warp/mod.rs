//! Warps: `warp_affine` and `warp_perspective`. A matrix gives the position of the source for each pixel of the output; how pixels are
//! interpolated, and what lies outside the source, is common to all.

mod cuda;
mod host;
mod matrix;
pub(crate) mod operator;
pub(crate) mod parameters;
pub(crate) mod reference;
mod sampling;
#[cfg(feature = "testing")]
pub(crate) mod testing;

use crate::contract::Plan;
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::WarpHost;
#[cfg(feature = "testing")]
pub(crate) use matrix::Matrix;
use pixelflume_kernels::args::{WarpArgs, WarpOutside, WarpPositions};
pub use sampling::{WarpBorder, WarpInterpolation, WarpSampling};
use std::sync::Arc;

/// The plan of a warp for the operator of this kind. `map` goes from positions of the output to those of the source.
fn plan<const N: usize>(
    operator: &'static str,
    input: ImageShape,
    (width, height): (u32, u32),
    map: [f32; N],
    sampling: WarpSampling,
) -> Arc<dyn Plan> {
    let mut rows = [0.0; 9];
    rows[..N].copy_from_slice(&map);
    let WarpSampling {
        interpolation,
        border,
        value,
    } = sampling;
    let positions = match N {
        6 => WarpPositions::AFFINE,
        _ => WarpPositions::PERSPECTIVE,
    };
    let outside = match border {
        WarpBorder::Constant => WarpOutside::CONSTANT,
        WarpBorder::Replicate => WarpOutside::REPLICATE,
        WarpBorder::Reflect => WarpOutside::REFLECT,
        WarpBorder::Reflect101 => WarpOutside::REFLECT_101,
        WarpBorder::Wrap => WarpOutside::WRAP,
    };
    Arc::new(UnaryPlan {
        operator,
        module: &pixelflume_kernels::WARP.kernels,
        entry: match interpolation {
            WarpInterpolation::Nearest => "warp_nearest",
            WarpInterpolation::Bilinear => "warp_bilinear",
            WarpInterpolation::Cubic => "warp_cubic",
        },
        grid: cuda::grid,
        host: Arc::new(HostCode(WarpHost {
            level: Level::new(),
            interpolation,
        })),
        input,
        output: ImageShape::u8(width, height, input.channels),
        elementwise: false,
        args: move |src, dst| WarpArgs {
            src,
            dst,
            map: rows,
            value,
            positions,
            outside,
        },
        // Each strip may read the whole source, so that a chain would not stay in the cache.
        action: None,
    })
}

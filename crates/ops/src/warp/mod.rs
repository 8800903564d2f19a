//! Warps: `warp_affine` and `warp_perspective` as OpenCV, `rotate`, `affine` and `perspective` as torchvision. A matrix gives the position
//! of the source for each pixel of the output.

mod cuda;
pub(crate) mod grid;
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

/// The kernel of a warp.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum WarpKernel {
    /// The nearest pixel.
    Nearest,
    /// OpenCV's bilinear interpolation.
    Bilinear,
    /// OpenCV's cubic interpolation.
    Cubic,
    /// torchvision's bilinear interpolation.
    Grid,
}

/// What a warp computes, as the arguments of its kernels have it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct WarpRule {
    kernel: WarpKernel,
    map: [f32; 9],
    /// A number of `WarpPositions`.
    positions: u32,
    /// A number of `WarpOutside`.
    outside: u32,
    value: [u8; 4],
}

impl WarpRule {
    /// The warp of OpenCV. `map` goes from positions of the output to those of the source.
    fn opencv<const N: usize>(map: [f32; N], sampling: WarpSampling) -> Self {
        let mut rows = [0.0; 9];
        rows[..N].copy_from_slice(&map);
        WarpRule {
            kernel: match sampling.interpolation {
                WarpInterpolation::Nearest => WarpKernel::Nearest,
                WarpInterpolation::Bilinear => WarpKernel::Bilinear,
                WarpInterpolation::Cubic => WarpKernel::Cubic,
            },
            map: rows,
            positions: match N {
                6 => WarpPositions::AFFINE,
                _ => WarpPositions::PERSPECTIVE,
            },
            outside: match sampling.border {
                WarpBorder::Constant => WarpOutside::CONSTANT,
                WarpBorder::Replicate => WarpOutside::REPLICATE,
                WarpBorder::Reflect => WarpOutside::REFLECT,
                WarpBorder::Reflect101 => WarpOutside::REFLECT_101,
                WarpBorder::Wrap => WarpOutside::WRAP,
            },
            value: sampling.value,
        }
    }

    /// The plan for the operator of this kind.
    pub(crate) fn plan(
        self,
        operator: &'static str,
        input: ImageShape,
        (width, height): (u32, u32),
    ) -> Arc<dyn Plan> {
        let WarpRule {
            kernel,
            map,
            positions,
            outside,
            value,
        } = self;
        Arc::new(UnaryPlan {
            operator,
            module: &pixelflume_kernels::WARP.kernels,
            entry: match kernel {
                WarpKernel::Nearest => "warp_nearest",
                WarpKernel::Bilinear => "warp_bilinear",
                WarpKernel::Cubic => "warp_cubic",
                WarpKernel::Grid => "warp_grid",
            },
            grid: cuda::grid,
            host: Arc::new(HostCode(WarpHost {
                level: Level::new(),
                kernel,
            })),
            input,
            output: ImageShape::u8(width, height, input.channels),
            elementwise: false,
            args: move |src, dst| WarpArgs {
                src,
                dst,
                map,
                value,
                positions,
                outside,
            },
            // Each strip may read the whole source, so that a chain would not stay in the cache.
            action: None,
        })
    }
}

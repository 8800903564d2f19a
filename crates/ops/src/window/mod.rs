//! The plan of operators over square windows: `box_blur`, `erode` and `dilate`.

mod cuda;
pub(crate) mod host;

pub(crate) use cuda::grid_of;

use crate::contract::{Action, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::{WindowHost, WindowKind};
use pixelflume_kernels::args::WindowArgs;
use std::sync::Arc;

/// The plan of the operator of this kind, which is the name of its CUDA kernel as well.
pub(crate) fn window_plan(
    operator: &'static str,
    window: WindowKind,
    size: u32,
    inputs: &[ImageShape],
) -> Result<Arc<dyn Plan>, OperatorError> {
    let input = checks::u8_input(operator, inputs)?;
    checks::gray_or_color(operator, input)?;
    Ok(Arc::new(UnaryPlan {
        operator,
        module: &pixelflume_kernels::WINDOW.kernels,
        entry: operator,
        grid: cuda::grid,
        host: Arc::new(HostCode(WindowHost {
            level: Level::new(),
            kind: window,
        })),
        input,
        output: input,
        elementwise: false,
        args: move |src, dst| WindowArgs {
            src,
            dst,
            size,
            reserved: 0,
        },
        action: Some(Action::Other),
    }))
}

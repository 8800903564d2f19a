//! Operators over square windows: the plan of `box_blur`, and the launches that others share with it.

mod cuda;
pub(crate) mod host;

pub(crate) use cuda::{grid, grid_of};

use crate::contract::{Action, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::BoxHost;
use pixelflume_kernels::args::WindowArgs;
use std::sync::Arc;

/// The plan of `box_blur`; the operator is the name of its CUDA kernel as well.
pub(crate) fn window_plan(
    operator: &'static str,
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
        host: Arc::new(HostCode(BoxHost {
            level: Level::new(),
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

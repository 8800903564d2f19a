//! The plan of operators over square windows: box blur, erosion, dilation.

mod cuda;
pub(crate) mod host;

use crate::contract::{Action, OperatorError, Plan, checks};
use crate::host::view::StripCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use pixelflume_kernels::args::WindowArgs;
use std::sync::Arc;

pub(crate) fn window_plan(
    operator: &'static str,
    size: u32,
    inputs: &[ImageShape],
    host: fn(Level) -> Arc<dyn StripCode>,
) -> Result<Arc<dyn Plan>, OperatorError> {
    let input = checks::u8_input(operator, inputs)?;
    checks::gray_or_color(operator, input)?;
    Ok(Arc::new(UnaryPlan {
        operator,
        module: &pixelflume_kernels::WINDOW.kernels,
        entry: operator,
        grid: cuda::grid,
        host,
        input,
        output: input,
        elementwise: false,
        args: move |src, dst| WindowArgs {
            src,
            dst,
            size,
            reserved: 0,
        },
        action: Action::Other,
    }))
}

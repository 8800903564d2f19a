//! The plan of gathers: `crop`, `center_crop`, `flip`, `pad`, and the border of `letterbox`.

mod cuda;
pub(crate) mod host;

use crate::contract::stage::GatherMap;
use crate::contract::{Action, Plan};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::GatherHost;
use pixelflume_kernels::args::GatherArgs;
use std::sync::Arc;

/// The plan of a gather by this map, for the operator of this kind. Its CUDA kernel is an oracle kernel.
pub(crate) fn gather_plan(
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    map: GatherMap,
) -> Arc<dyn Plan> {
    Arc::new(UnaryPlan {
        operator,
        module: &pixelflume_kernels::oracle::GATHER.kernels,
        entry: "gather",
        grid: cuda::grid,
        host: Arc::new(HostCode(GatherHost {
            level: Level::new(),
        })),
        input,
        output,
        elementwise: false,
        args: move |src, dst| GatherArgs {
            src,
            dst,
            left: map.left,
            top: map.top,
            inner_width: map.inner.0,
            inner_height: map.inner.1,
            flip: u32::from(map.flip.0) | u32::from(map.flip.1) << 1,
            outside: map.border as u32,
            value: map.value,
            reserved: 0,
        },
        action: Some(Action::Gather(map)),
    })
}

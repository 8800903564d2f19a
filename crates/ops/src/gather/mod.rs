//! The plan of gathers: `crop`, `center_crop`, `flip`, `pad`, `pad_to`, and the border of `letterbox`.

mod cuda;
mod each;
pub(crate) mod host;
mod value;

use crate::contract::stage::{GatherMap, GatherStep};
use crate::contract::{Action, Plan};
use crate::fusion::as_chain;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout};
use crate::unary::UnaryPlan;
pub(crate) use each::GatherOf;
use fearless_simd::Level;
pub(crate) use host::Bits;
use host::GatherHost;
use pixelflume_kernels::args::GatherArgs;
use std::sync::Arc;
pub(crate) use value::{PadValue, constant};

/// The plan of a gather for the operator of this kind, which has one input. On CUDA it runs the kernels of fused chains, which are the
/// faster ones, where they take the image: interleaved 8-bit samples.
pub(crate) fn gather_plan(
    operator: &'static str,
    inputs: &[ImageShape],
    step: &GatherStep,
) -> Arc<dyn Plan> {
    // The step was made for this input.
    let input = inputs[0];
    as_chain(own_plan(operator, input, step.output_of(input), step.map))
}

/// The plan of a gather by this map that runs the gather's own kernels.
pub(crate) fn own_plan(
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    map: GatherMap,
) -> Arc<dyn Plan> {
    let (entry, host) = match input.sample.bytes() {
        1 => ("gather_1", host_code::<u8>()),
        2 => ("gather_2", host_code::<u16>()),
        _ => ("gather_4", host_code::<u32>()),
    };
    // Planar images are rows of samples, one plane after the other.
    let planar = input.layout == Layout::Planar;
    let planes = if planar { input.channels } else { 1 };
    Arc::new(UnaryPlan {
        operator,
        module: &pixelflume_kernels::GATHER.kernels,
        entry,
        grid: cuda::grid,
        host,
        input,
        output,
        elementwise: planar,
        args: move |src, dst| GatherArgs {
            src,
            dst,
            left: map.left,
            top: map.top,
            inner_width: map.inner.0,
            inner_height: map.inner.1,
            flip: u32::from(map.flip.0) | u32::from(map.flip.1) << 1,
            outside: map.border as u32,
            planes,
            reserved: 0,
            value: map.value,
        },
        action: Some(Action::Gather(map)),
    })
}

fn host_code<T: Bits>() -> Arc<dyn StripCode> {
    Arc::new(HostCode(GatherHost::<T>::new(Level::new())))
}

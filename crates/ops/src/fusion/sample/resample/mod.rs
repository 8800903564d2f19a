//! The plan of sampling chains with a resample: color, both passes of the resample, geometry, threshold and normalization in one
//! launch of a kernel of `resample.cu`, or of `shrink.cu`.

mod blob;
mod entries;
mod geometry;
mod shrink;
mod tables;
#[cfg(test)]
mod tests;

use super::arguments;
use super::chain::Chain;
use crate::contract::{Binding, Code, Plan, Stage, checks};
use crate::image::ImageShape;
use geometry::Geometry;
use pixelflume_device::{Args, Device, DeviceError, KernelModule, Launch};
use pixelflume_kernels::args::{ResampleArgs, SampleArgs};
use shrink::Shrink;
use std::fmt;
use std::sync::Arc;
use tables::Tables;

/// A chain as one launch.
struct ResamplePlan {
    /// Kind of the first operator, for messages.
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    module: &'static KernelModule,
    entry: &'static str,
    /// Column and row of the source at which the rectangle begins that is resampled.
    corner: (u32, u32),
    /// Width of this rectangle.
    width: u32,
    /// The arguments except for the images and the address of the tables.
    args: ResampleArgs,
    geometry: Geometry,
    /// Another kernel, for sources with aligned rows.
    shrink: Option<Shrink>,
    tables: Vec<u8>,
}

impl fmt::Debug for ResamplePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResamplePlan")
            .field("operator", &self.operator)
            .field("input", &self.input)
            .field("output", &self.output)
            .field("kernel", &(self.module.name, self.entry))
            .field("geometry", &self.geometry)
            .field("shrink", &self.shrink)
            .finish_non_exhaustive()
    }
}

/// The plan of a chain with a resample.
pub(super) fn plan(mut chain: Chain, stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    let resample = chain
        .resample
        .take()
        .ok_or_else(|| "there is no resample".to_owned())?;
    let (first, last) = (&stages[0], &stages[stages.len() - 1]);
    let (input, output) = (first.input, last.output);
    if chain.nv12 && resample.corner != (0, 0) {
        return Err("it reads a part of an NV12 frame".to_owned());
    }
    // A constant alpha does not stay 255: the weights of a pass need not sum to one.
    if chain.pixels.before.has_opaque() {
        return Err("a conversion before the resample makes alpha".to_owned());
    }
    let is_gray = chain.pixels.before.weights.is_some();
    chain.pixels.split()?;
    let all = if chain.nv12 { 3 } else { input.channels };
    let channels = if is_gray { 1 } else { all };

    let tables = Tables::new(&chain, &resample, channels)?;
    let mut bytes = tables.bytes;
    let shrink = Shrink::new(&chain, &resample, channels).map(|(mut shrink, tables)| {
        shrink.append(&tables, &mut bytes);
        shrink
    });
    let module = match input.channels {
        _ if chain.nv12 => &pixelflume_kernels::RESAMPLE_NV12.kernels,
        1 => &pixelflume_kernels::RESAMPLE_GRAY.kernels,
        3 => &pixelflume_kernels::RESAMPLE_RGB.kernels,
        _ => &pixelflume_kernels::RESAMPLE_RGBA.kernels,
    };
    let entry = match (all > 1 && is_gray, tables.planes) {
        (false, 2) => "resample_2",
        (false, _) => "resample_3",
        (true, 2) => "resample_gray_2",
        (true, _) => "resample_gray_3",
    };
    Ok(Arc::new(ResamplePlan {
        operator: first.operator,
        input,
        output,
        module,
        entry,
        corner: resample.corner,
        width: resample.size.0,
        args: ResampleArgs {
            sample: arguments(&chain, output),
            premultiplied: u32::from(resample.tables.premultiplied),
            ..tables.args
        },
        geometry: tables.geometry,
        shrink,
        tables: bytes,
    }))
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. Either kernel reads its tables of the plan, whose positions lie in the rectangle of the input from
// the corner on, and writes the rows of the output. The kernel of `shrink.cu` reads whole 16 bytes of rows that begin at multiples of
// 16 bytes: memory behind a row that belongs to the same 16 bytes.
unsafe impl Plan for ResamplePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        &self.tables
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let mut kernels = vec![(self.module, self.entry)];
        kernels.extend(
            self.shrink
                .iter()
                .map(|shrink| (shrink.module, shrink.entry)),
        );
        let load = |(module, entry)| Ok(Code::Kernel(device.kernel(module, entry)?));
        kernels.into_iter().map(load).collect()
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let mut src = checks::single_input(self.operator, binding, self.input, self.output);
        let (x, y) = self.corner;
        src.base += u64::from(y) * src.row_pitch + u64::from(x) * u64::from(src.channels);
        src.width = self.width;
        let dst = binding.output.param();
        let sample = SampleArgs {
            src,
            dst,
            tables: binding.tables.raw(),
            ..self.args.sample
        };
        let function = match (code, &self.shrink) {
            ([_, Code::Kernel(function)], Some(shrink)) if shrink.takes(&src) => {
                launches.push(shrink.launch(function, sample));
                return;
            }
            ([Code::Kernel(function), ..], _) => function,
            _ => panic!("{} was bound to the code of another plan", self.operator),
        };
        let (strip, grid) = self.geometry.grid(dst.batch, function.residency());
        let args = ResampleArgs {
            sample,
            strip,
            ..self.args
        };
        launches.push(Launch::kernel(function.clone(), grid, Args::of(&args)));
    }
}

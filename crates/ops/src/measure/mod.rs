//! The plan of operators that give numbers about each channel of an image: `histogram`, `mean_std`, `minmax` and `sum`.
//!
//! Their output is a matrix with a row for each channel, whatever the size of the image. On CUDA there are two launches: histograms of
//! parts of each image, and the numbers that follow from their sums. All sums are those of integers, so that their order does not matter.

mod cuda;
mod host;

use crate::contract::{Binding, Code, OperatorError, Plan, checks};
use crate::image::{ImageShape, Layout, SampleType};
use crate::totals::{self, Moments, countable};
use host::MeasureHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::MeasureArgs;
use std::sync::Arc;

/// The numbers about a channel.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Measure {
    /// The count of each value of a sample.
    Counts = 0,
    /// The least and the largest sample.
    Extremes = 1,
    /// The mean and the standard deviation.
    MeanStd = 2,
    /// The sum.
    Sum = 3,
}

impl Measure {
    /// The numbers about each channel.
    const fn count(self) -> u32 {
        match self {
            Measure::Counts => 256,
            Measure::Extremes | Measure::MeanStd => 2,
            Measure::Sum => 1,
        }
    }

    /// The matrix for images of so many channels.
    const fn matrix(self, channels: u32) -> ImageShape {
        ImageShape {
            width: self.count(),
            height: channels,
            channels: 1,
            sample: match self {
                Measure::Counts => SampleType::F32,
                _ => SampleType::F64,
            },
            layout: Layout::Interleaved,
        }
    }

    /// The numbers about a channel of so many pixels, at the begin; of counts there are none.
    fn numbers(self, moments: &Moments, pixels: u64) -> [f64; 2] {
        match self {
            Measure::Counts => [0.0; 2],
            Measure::Extremes => [moments.least.into(), moments.most.into()],
            Measure::MeanStd => mean_std(moments, pixels),
            Measure::Sum => [moments.sum as f64, 0.0],
        }
    }
}

/// The mean and the standard deviation by the operations of OpenCV. Both sums are below 2^53.
fn mean_std(moments: &Moments, pixels: u64) -> [f64; 2] {
    let scale = 1.0 / pixels as f64;
    let mean = moments.sum as f64 * scale;
    let variance = moments.squares as f64 * scale - mean * mean;
    [mean, variance.max(0.0).sqrt()]
}

/// The plan for an image of 1, 3 or 4 interleaved channels of u8 samples.
///
/// # Errors
/// [`OperatorError`] for another image, and for one that is too large to be counted.
pub(crate) fn plan(
    operator: &'static str,
    inputs: &[ImageShape],
    measure: Measure,
) -> Result<Arc<dyn Plan>, OperatorError> {
    let input = checks::u8_input(operator, inputs)?;
    checks::gray_or_color(operator, input)?;
    countable(operator, input)?;
    Ok(Arc::new(MeasurePlan {
        operator,
        input,
        measure,
    }))
}

#[derive(Debug)]
struct MeasurePlan {
    operator: &'static str,
    input: ImageShape,
    measure: Measure,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The first launch reads the rows of the input and writes histograms to the workspace, which has room for
// them, and the second reads these and writes the rows of the output: a row for each channel, of the numbers that `matrix` says. The host
// executor reads the rows of the input and writes those of the output.
unsafe impl Plan for MeasurePlan {
    fn output(&self) -> ImageShape {
        self.measure.matrix(self.input.channels)
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda => totals::cuda::bytes(self.input, batch) as usize,
            DeviceKind::Host => 0,
        }
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::HISTOGRAM.kernels;
                let histogram = totals::cuda::entry(self.input.channels);
                Ok(vec![
                    Code::Kernel(device.kernel(module, histogram)?),
                    Code::Kernel(device.kernel(module, "measure")?),
                ])
            }
            DeviceKind::Host => Ok(vec![Code::Host(Arc::new(MeasureHost::new(self.measure)))]),
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.input], self.output());
        let (input, histograms) = (&binding.inputs[0], binding.workspace.raw());
        let args = MeasureArgs {
            src: input.param(),
            dst: binding.output.param(),
            histograms,
            parts: totals::cuda::parts(self.input),
            kind: self.measure as u32,
        };
        match code {
            [host @ Code::Host(_)] => launches.push(host.launch(&args, cuda::grid)),
            [histogram, measure] => {
                let counted = totals::cuda::args(input, histograms);
                launches.push(histogram.launch(&counted, totals::cuda::grid));
                launches.push(measure.launch(&args, cuda::grid));
            }
            _ => panic!("{} was bound to the code of another plan", self.operator),
        }
    }
}

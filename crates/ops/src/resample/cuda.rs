//! The passes of a resample as launches of the kernels of `resample_passes.cu`: of shapes and arithmetics that no chain takes, and
//! the oracle of chains.

use super::KIND;
use crate::contract::stage::{AxisWeights, ResampleAxis, ResampleTables, Span};
use crate::contract::{Binding, Code};
use crate::image::{ImageParam, ImageShape};
use crate::kernels::one_each;
use pixelflume_device::{Args, Device, DeviceError, Grid, Launch};
use pixelflume_kernels::args::{ResampleFlags, ResamplePassArgs, ResampleSpan};

/// The axis of a pass.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Along {
    X,
    Y,
}

/// One pass.
#[derive(Debug)]
struct Pass {
    entry: &'static str,
    /// The offsets of spans and weights in the tables.
    spans: u64,
    weights: u64,
    shift: u32,
    flags: u32,
}

/// The one or two passes of a resample, and their tables.
#[derive(Debug)]
pub(super) struct CudaPasses {
    passes: Vec<Pass>,
    tables: Vec<u8>,
    /// Width, height and channels of the image between two passes.
    between: (u32, u32, u32),
    /// Bytes of its samples.
    sample_bytes: usize,
}

impl CudaPasses {
    pub(super) fn new(tables: &ResampleTables, input: ImageShape, output: ImageShape) -> Self {
        let columns = tables.columns.as_ref().map(|axis| (Along::X, axis));
        let lines = tables.lines.as_ref().map(|axis| (Along::Y, axis));
        let axes = match tables.vertical_first {
            true => [lines, columns],
            false => [columns, lines],
        };
        let copy = copy_of(output.height);
        let mut axes: Vec<(Along, &ResampleAxis)> = axes.into_iter().flatten().collect();
        if axes.is_empty() {
            axes.push((Along::Y, &copy));
        }
        let mut bytes = Vec::new();
        let last = axes.len() - 1;
        let passes = axes.iter().enumerate().map(|(index, &(along, axis))| {
            let flag = |set: bool, flag: u32| if set { flag } else { 0 };
            let premultiplied = tables.premultiplied;
            Pass {
                entry: entry(along, &axis.weights, (index > 0, index < last)),
                spans: add_spans(&mut bytes, &axis.spans),
                weights: match &axis.weights {
                    AxisWeights::Fixed { values, .. } => {
                        add(&mut bytes, bytemuck::cast_slice(values))
                    }
                    AxisWeights::Float(values) => add(&mut bytes, bytemuck::cast_slice(values)),
                },
                shift: match &axis.weights {
                    AxisWeights::Fixed { shift, .. } => *shift,
                    AxisWeights::Float(_) => 0,
                },
                flags: flag(premultiplied && index == 0, ResampleFlags::PREMULTIPLY)
                    | flag(premultiplied && index == last, ResampleFlags::UNPREMULTIPLY),
            }
        });
        let passes = passes.collect();
        let is_float = matches!(axes[0].1.weights, AxisWeights::Float(_));
        CudaPasses {
            passes,
            between: match axes[0].0 {
                Along::X => (output.width, input.height, input.channels),
                Along::Y => (input.width, output.height, input.channels),
            },
            sample_bytes: if is_float { size_of::<f32>() } else { 1 },
            tables: bytes,
        }
    }

    /// The tables of the passes.
    pub(super) fn tables(&self) -> &[u8] {
        &self.tables
    }

    /// Bytes of the images between the passes.
    pub(super) fn workspace_bytes(&self, batch: u32) -> usize {
        let (width, height, channels) = self.between;
        let image = width as usize * height as usize * channels as usize * self.sample_bytes;
        if self.passes.len() > 1 {
            image * batch as usize
        } else {
            0
        }
    }

    pub(super) fn code(&self, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let module = &pixelflume_kernels::RESAMPLE_PASSES.kernels;
        let of = |pass: &Pass| Ok(Code::Kernel(device.kernel(module, pass.entry)?));
        self.passes.iter().map(of).collect()
    }

    /// Appends the launches over the images of a binding that was checked.
    pub(super) fn bind(
        &self,
        code: &[Code],
        (src, dst): (ImageParam, ImageParam),
        binding: &Binding<'_>,
        launches: &mut Vec<Launch>,
    ) {
        assert_eq!(
            code.len(),
            self.passes.len(),
            "{KIND} was bound to the code of another plan"
        );
        let (width, height, channels) = self.between;
        let row = width as usize * channels as usize * self.sample_bytes;
        let between = ImageParam {
            base: binding.workspace.raw(),
            row_pitch: row as u64,
            batch_stride: (row * height as usize) as u64,
            width,
            height,
            channels,
            batch: dst.batch,
        };
        let last = self.passes.len() - 1;
        for (index, (pass, code)) in self.passes.iter().zip(code).enumerate() {
            let args = ResamplePassArgs {
                src: if index == 0 { src } else { between },
                dst: if index == last { dst } else { between },
                spans: binding.tables.raw() + pass.spans,
                weights: binding.tables.raw() + pass.weights,
                shift: pass.shift,
                flags: pass.flags,
            };
            let Code::Kernel(function) = code else {
                panic!("{KIND} was bound to the code of another plan");
            };
            launches.push(Launch::kernel(
                function.clone(),
                grid(&args),
                Args::of(&args),
            ));
        }
    }
}

/// The grid of all entry points: one pixel for each of 32 x 8 threads.
fn grid(args: &ResamplePassArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

/// The pass that copies the rows of an image.
fn copy_of(rows: u32) -> ResampleAxis {
    let span = |first| Span {
        first,
        count: 1,
        weight: 0,
    };
    ResampleAxis {
        spans: (0..rows).map(span).collect(),
        weights: AxisWeights::Fixed {
            values: vec![2],
            shift: 1,
        },
    }
}

/// The kernel of a pass that has a pass before it, and one behind it.
///
/// # Panics
/// On f32 weights whose vertical pass comes first: no library has those.
fn entry(along: Along, weights: &AxisWeights, (before, behind): (bool, bool)) -> &'static str {
    let is_float = matches!(weights, AxisWeights::Float(_));
    match (along, is_float, before, behind) {
        (Along::X, false, ..) => "resample_columns",
        (Along::Y, false, ..) => "resample_lines",
        (Along::X, true, false, false) => "resample_columns_f32",
        (Along::Y, true, false, false) => "resample_lines_f32",
        (Along::X, true, false, true) => "resample_columns_to_f32",
        (Along::Y, true, true, false) => "resample_lines_from_f32",
        (_, true, ..) => panic!("{KIND}: a vertical pass in f32 before the horizontal one"),
    }
}

/// Adds bytes at a multiple of 16, and returns their offset.
fn add(bytes: &mut Vec<u8>, table: &[u8]) -> u64 {
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    let offset = bytes.len() as u64;
    bytes.extend_from_slice(table);
    offset
}

fn add_spans(bytes: &mut Vec<u8>, spans: &[Span]) -> u64 {
    let entry = |span: &Span| ResampleSpan {
        first: span.first,
        count: span.count,
        weight: span.weight,
    };
    let spans: Vec<_> = spans.iter().map(entry).collect();
    add(bytes, bytemuck::cast_slice(&spans))
}

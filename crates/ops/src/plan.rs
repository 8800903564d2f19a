//! What the plans of the operators share: checks of shapes and memory, names, launches.

use crate::host::check_images;
use crate::{Binding, Code, ImageBatch, ImageParam, ImageShape, Layout, OperatorError, SampleType};
use bytemuck::NoUninit;
use pixelflume_device::{Args, Grid, Launch};

/// Most pixels of a side. Rows of four channels then have at most 2^18 samples, so that sample numbers within a row fit
/// 32 bits everywhere.
pub(crate) const MAX_SIDE: u32 = 65_536;

/// The one input of an operator on interleaved 8-bit images of 1 to [`MAX_SIDE`] pixels a side.
pub(crate) fn u8_input(
    operator: &'static str,
    inputs: &[ImageShape],
) -> Result<ImageShape, OperatorError> {
    let &[got] = inputs else {
        return Err(OperatorError::InputCount {
            operator,
            expected: 1,
            got: inputs.len(),
        });
    };
    if got.sample != SampleType::U8 {
        return Err(OperatorError::Sample {
            operator,
            expected: SampleType::U8,
            got,
        });
    }
    let refuse = |reason: String| {
        Err(OperatorError::Shape {
            operator,
            got,
            reason,
        })
    };
    if got.layout == Layout::Planar && got.channels > 1 {
        return refuse("its channels are planar; give an interleaved image".to_owned());
    }
    if got.width == 0 || got.height == 0 || got.channels == 0 {
        return refuse("it has no samples; every side must be at least 1".to_owned());
    }
    if got.width > MAX_SIDE || got.height > MAX_SIDE {
        return refuse(format!(
            "a side is longer than {MAX_SIDE} pixels; cut it into tiles"
        ));
    }
    Ok(got)
}

/// Refuses images that have not 1, 3 or 4 channels.
pub(crate) fn gray_or_colour(operator: &'static str, got: ImageShape) -> Result<(), OperatorError> {
    match got.channels {
        1 | 3 | 4 => Ok(()),
        _ => Err(OperatorError::Channels {
            operator,
            expected: "1, 3 or 4",
            got,
            hint: "give a gray, RGB or RGBA image",
        }),
    }
}

/// The value with this name, or an error that lists the names.
pub(crate) fn parse_name<T: Copy, const N: usize>(
    operator: &'static str,
    parameter: &'static str,
    text: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, OperatorError> {
    let found = all.into_iter().find(|&value| name(value) == text);
    found.ok_or_else(|| OperatorError::Parameter {
        operator,
        parameter,
        got: format!("{text:?}"),
        expected: format!("one of {}", all.map(name).join(", ")),
    })
}

/// The one input of a binding as a kernel takes it, after checking that the memory is what the plan was made for.
///
/// # Panics
/// When the binding breaks its contract (see [`Plan::bind`](crate::Plan::bind)): a defect of the caller, caught here
/// before a kernel writes to the wrong place.
pub(crate) fn single_input(
    operator: &'static str,
    binding: &Binding<'_>,
    input: ImageShape,
    output: ImageShape,
) -> ImageParam {
    let &[source] = binding.inputs else {
        panic!(
            "{operator} was bound to {} inputs, it takes 1",
            binding.inputs.len()
        );
    };
    let expect_shape = |name: &str, expected: ImageShape, got: &ImageBatch| {
        assert_eq!(
            got.shape, expected,
            "{operator} was planned for another {name}"
        );
    };
    expect_shape("input", input, &source);
    expect_shape("output", output, &binding.output);
    let (source, target) = (source.param(), binding.output.param());
    let checked = check_images(
        &source,
        input.sample.bytes(),
        &target,
        output.sample.bytes(),
    );
    if let Err(reason) = checked {
        panic!("{operator} was bound to memory that cannot be: {reason}");
    }
    source
}

/// A launch of `code` with `args`, which fit both sides.
pub(crate) fn launch<A: NoUninit>(code: &Code, args: &A, grid: fn(&A) -> Grid) -> Launch {
    match code {
        Code::Kernel(function) => Launch::kernel(function.clone(), grid(args), Args::of(args)),
        Code::Host(kernel) => Launch::host(kernel.clone(), Args::of(args)),
    }
}

//! Checks of input shapes, parameters and memory, which all operators share.

use crate::contract::{Binding, OperatorError};
use crate::host::view::check_memory;
use crate::image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
use bytemuck::Zeroable;

/// The largest width and height of an image, in pixels. A row of four channels then has at most 2^18 samples, so that sample
/// indices within a row fit 32 bits everywhere.
pub(crate) const MAX_SIDE: u32 = 65_536;

/// The largest number of inputs of an operator.
pub(crate) const MAX_INPUTS: usize = 8;

/// The limit of the samples of a row, and of the rows of all planes together, such that their indices fit 32 bits.
pub(crate) const MAX_ROW_SAMPLES: u64 = 1 << 30;

/// The input shapes of an operator with `N` inputs; an error for another number.
fn inputs<const N: usize>(
    operator: &'static str,
    inputs: &[ImageShape],
) -> Result<[ImageShape; N], OperatorError> {
    inputs.try_into().map_err(|_| OperatorError::InputCount {
        operator,
        expected: N,
        got: inputs.len(),
    })
}

/// Refuses shapes without samples, and shapes with a side above [`MAX_SIDE`].
pub(crate) fn possible_sides(operator: &'static str, got: ImageShape) -> Result<(), OperatorError> {
    let refuse = |reason: String| {
        Err(OperatorError::Shape {
            operator,
            got,
            reason,
        })
    };
    if got.width == 0 || got.height == 0 || got.channels == 0 {
        return refuse("it has no samples; every side must be at least 1".to_owned());
    }
    if got.width > MAX_SIDE || got.height > MAX_SIDE {
        return refuse(format!(
            "a side is longer than {MAX_SIDE} pixels; cut it into tiles"
        ));
    }
    let longest = u64::from(got.width.max(got.height)) * u64::from(got.channels);
    // The bytes of a row fit 32 bits as well.
    let most = MAX_ROW_SAMPLES.min((1 << 32) / got.sample.bytes() as u64);
    if longest >= most {
        return refuse(format!(
            "it has {} channels, which makes rows or planes of more than {most} samples; use fewer channels",
            got.channels
        ));
    }
    Ok(())
}

fn u8_samples(operator: &'static str, got: ImageShape) -> Result<(), OperatorError> {
    match got.sample {
        SampleType::U8 => Ok(()),
        _ => Err(OperatorError::Sample {
            operator,
            expected: SampleType::U8,
            got,
        }),
    }
}

/// The input shape of an operator with one input, which takes interleaved 8-bit images with sides of 1 to [`MAX_SIDE`] pixels.
pub(crate) fn u8_input(
    operator: &'static str,
    shapes: &[ImageShape],
) -> Result<ImageShape, OperatorError> {
    let [got] = inputs(operator, shapes)?;
    u8_samples(operator, got)?;
    if got.layout == Layout::Planar && got.channels > 1 {
        return Err(planar(operator, got));
    }
    possible_sides(operator, got)?;
    Ok(got)
}

/// The error for planar channels where they must be interleaved.
pub(crate) fn planar(operator: &'static str, got: ImageShape) -> OperatorError {
    OperatorError::Shape {
        operator,
        got,
        reason: "its channels are planar; give an interleaved image".to_owned(),
    }
}

/// The input shape of an operator with one input that copies samples: 1, 3 or 4 channels of any sample type of images and layout, with
/// sides of 1 to [`MAX_SIDE`] pixels.
pub(crate) fn copied_input(
    operator: &'static str,
    shapes: &[ImageShape],
) -> Result<ImageShape, OperatorError> {
    let [got] = inputs(operator, shapes)?;
    possible_sides(operator, got)?;
    gray_or_color(operator, got)?;
    // The kernels copy samples of 1, 2 and 4 bytes.
    if got.sample == SampleType::F64 {
        return Err(OperatorError::Shape {
            operator,
            got,
            reason: "its samples are numbers of a measure, no image; take them as an output"
                .to_owned(),
        });
    }
    Ok(got)
}

/// The common shape of the `N` inputs of an elementwise operator on 8-bit samples: any channels, any layout.
pub(crate) fn u8_elementwise<const N: usize>(
    operator: &'static str,
    shapes: &[ImageShape],
) -> Result<ImageShape, OperatorError> {
    let shapes: [ImageShape; N] = inputs(operator, shapes)?;
    for got in shapes {
        u8_samples(operator, got)?;
        possible_sides(operator, got)?;
    }
    if let Some(&second) = shapes.iter().find(|&&shape| shape != shapes[0]) {
        return Err(OperatorError::UnequalInputs {
            operator,
            first: shapes[0],
            second,
        });
    }
    Ok(shapes[0])
}

/// Refuses a width or height that is not 1 to [`MAX_SIDE`].
pub(crate) fn side(
    operator: &'static str,
    parameter: &'static str,
    side: u32,
) -> Result<(), OperatorError> {
    match side {
        1..=MAX_SIDE => Ok(()),
        _ => Err(OperatorError::Parameter {
            operator,
            parameter,
            got: side.to_string(),
            expected: format!("a number of pixels from 1 to {MAX_SIDE}"),
        }),
    }
}

/// The most characters of a number in an error text without a power of ten.
const MAX_DIGITS: usize = 24;

/// A number as error texts show it: with a power of ten where its digits are many.
pub(crate) fn number(number: f64) -> String {
    let digits = number.to_string();
    match digits.len() {
        0..=MAX_DIGITS => digits,
        _ => format!("{number:e}"),
    }
}

/// Refuses window sizes other than the odd numbers from 3 to 31.
pub(crate) fn odd_size(operator: &'static str, size: u32) -> Result<(), OperatorError> {
    odd_size_to(operator, size, 31)
}

/// Refuses window sizes other than the odd numbers from 3 to `most`.
pub(crate) fn odd_size_to(
    operator: &'static str,
    size: u32,
    most: u32,
) -> Result<(), OperatorError> {
    if size.is_multiple_of(2) || !(3..=most).contains(&size) {
        return Err(OperatorError::Parameter {
            operator,
            parameter: "size",
            got: size.to_string(),
            expected: format!("an odd number of samples from 3 to {most}"),
        });
    }
    Ok(())
}

/// Refuses images of other than 1, 3 or 4 channels.
pub(crate) fn gray_or_color(operator: &'static str, got: ImageShape) -> Result<(), OperatorError> {
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

/// Refuses images of more than one channel.
pub(crate) fn gray(operator: &'static str, got: ImageShape) -> Result<(), OperatorError> {
    match got.channels {
        1 => Ok(()),
        _ => Err(OperatorError::Channels {
            operator,
            expected: "1",
            got,
            hint: "convert it to gray, for example with `color`",
        }),
    }
}

/// The input shape of an operator with one input on the colors that torchvision's functions take: an interleaved u8 image of 1 or
/// 3 channels.
pub(crate) fn gray_or_rgb(
    operator: &'static str,
    shapes: &[ImageShape],
) -> Result<ImageShape, OperatorError> {
    let got = u8_input(operator, shapes)?;
    match got.channels {
        1 | 3 => Ok(got),
        _ => Err(OperatorError::Channels {
            operator,
            expected: "1 or 3",
            got,
            hint: "give a gray or RGB image",
        }),
    }
}

/// The largest factor of samples. Products with samples, and sums of a few of them, then fit 32-bit integers.
const MAX_COEFFICIENT: f64 = 1e6;

/// The range of factors of samples.
pub(crate) const FACTORS: [f64; 2] = [0.0, MAX_COEFFICIENT];

/// Refuses what is no factor from 0 to a million.
pub(crate) fn factor(
    operator: &'static str,
    parameter: &'static str,
    factor: f64,
) -> Result<f64, OperatorError> {
    within(operator, parameter, factor, FACTORS)
}

/// Refuses what is no number from minus a million to a million.
pub(crate) fn coefficient(
    operator: &'static str,
    parameter: &'static str,
    coefficient: f64,
) -> Result<f64, OperatorError> {
    let range = [-MAX_COEFFICIENT, MAX_COEFFICIENT];
    within(operator, parameter, coefficient, range)
}

/// Refuses numbers outside of a range, and NaN.
pub(crate) fn within(
    operator: &'static str,
    parameter: &'static str,
    got: f64,
    [least, most]: [f64; 2],
) -> Result<f64, OperatorError> {
    match (least..=most).contains(&got) {
        true => Ok(got),
        false => Err(OperatorError::Parameter {
            operator,
            parameter,
            got: number(got),
            expected: format!("a number from {least} to {most}"),
        }),
    }
}

/// Finds the value whose name is `text`; the error lists all names.
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

/// Writes and reads an enum of an operator by its names: `Display`, and `FromStr` for the parameter of this operator. The enum has
/// `ALL` and `name`.
macro_rules! text_by_name {
    ($choice:ty, $operator:expr, $parameter:literal) => {
        impl std::fmt::Display for $choice {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $choice {
            type Err = $crate::contract::OperatorError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::contract::checks::parse_name(
                    $operator,
                    $parameter,
                    text,
                    Self::ALL,
                    Self::name,
                )
            }
        }
    };
}

pub(crate) use text_by_name;

/// The input of a binding with one input, as kernels take it, after [`check_binding`].
///
/// # Panics
/// As [`check_binding`].
pub(crate) fn single_input(
    operator: &'static str,
    binding: &Binding<'_>,
    input: ImageShape,
    output: ImageShape,
) -> ImageParam {
    check_binding(operator, binding, &[input], output);
    binding.inputs[0].param()
}

/// Checks that the memory of a binding has the shapes for which the plan was made, and that it can be read and written.
///
/// # Panics
/// When the binding breaks the contract of [`Plan::bind`](crate::Plan::bind). That is a defect of the caller, which is caught
/// here before a kernel writes to wrong memory.
pub(crate) fn check_binding(
    operator: &'static str,
    binding: &Binding<'_>,
    inputs: &[ImageShape],
    output: ImageShape,
) {
    assert!(
        binding.inputs.len() == inputs.len(),
        "{operator} was bound to {} inputs, it takes {}",
        binding.inputs.len(),
        inputs.len()
    );
    let memory = |name: &str, expected: ImageShape, got: &ImageBatch| {
        assert_eq!(
            got.shape, expected,
            "{operator} was planned for another {name}"
        );
        (got.sample_param(), expected.sample.bytes())
    };
    // An array, since binding must not allocate.
    let mut read = [(ImageParam::zeroed(), 1); MAX_INPUTS];
    for ((read, &expected), got) in read.iter_mut().zip(inputs).zip(binding.inputs) {
        *read = memory("input", expected, got);
    }
    let written = memory("output", output, &binding.output);
    if let Err(reason) = check_memory(&read[..inputs.len()], written) {
        panic!("{operator} was bound to memory that cannot be: {reason}");
    }
}

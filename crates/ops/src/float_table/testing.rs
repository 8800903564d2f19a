//! Random outputs and the samples of references, for the tests of operators that make floating-point numbers.

use super::FloatOutput;
use crate::contract::OperatorError;
use crate::image::{ImageShape, Layout, SampleType};
use crate::oracle::{Image, bf16_bits};
use crate::spec::{Samples, Values};
use crate::testing::Random;
use half::f16;

/// Draws a type of samples and a layout.
pub(crate) fn output(
    random: &mut Random,
    operator: &'static str,
) -> Result<FloatOutput, OperatorError> {
    let sample = random.pick(&FloatOutput::SAMPLES);
    let mut output = FloatOutput::DEFAULT.of_sample(operator, sample)?;
    output.layout = random.pick(&[Layout::Interleaved, Layout::Planar]);
    Ok(output)
}

/// The output of a reference in the type and layout that the values say.
pub(crate) fn samples(values: &Values, image: Image<f32>) -> Samples {
    let output = FloatOutput::of_values(values);
    let [width, height, channels] =
        [image.width, image.height, image.channels].map(|side| side as u32);
    let numbers: Vec<f32> = match output.layout {
        Layout::Planar => (0..image.channels)
            .flat_map(|channel| {
                let numbers = image.data.iter().copied();
                numbers.skip(channel).step_by(image.channels)
            })
            .collect(),
        Layout::Interleaved => image.data,
    };
    let bytes = |number: f32| match output.sample() {
        SampleType::Bf16 => bf16_bits(number).to_ne_bytes().to_vec(),
        SampleType::F16 => f16::from_f32(number).to_ne_bytes().to_vec(),
        _ => number.to_ne_bytes().to_vec(),
    };
    Samples {
        shape: output.shape(ImageShape::u8(width, height, channels)),
        bytes: numbers.into_iter().flat_map(bytes).collect(),
    }
}

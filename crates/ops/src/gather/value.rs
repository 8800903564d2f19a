//! Constant pixels as parameters, for images of any sample type.

use crate::contract::{OperatorError, checks};
use crate::image::{ImageShape, SampleType};
use half::{bf16, f16};

/// A constant pixel: one finite number for each of four channels, of which images of fewer channels take the first ones.
#[derive(Copy, Clone, Debug, PartialEq, Default)]
pub(crate) struct PadValue([f64; 4]);

impl PadValue {
    /// The range of the numbers in words.
    pub(crate) const RANGE: &str =
        "one finite number for all channels, or 3 or 4 of them; integers where samples are";

    /// The pixel of one number for all channels, or of one for each channel. Three numbers leave the fourth channel at 0, as
    /// OpenCV's `Scalar` does.
    pub(crate) fn new(operator: &'static str, numbers: &[f64]) -> Result<Self, OperatorError> {
        let value = match *numbers {
            [all] => [all; 4],
            [a, b, c] => [a, b, c, 0.0],
            [a, b, c, d] => [a, b, c, d],
            _ => {
                let got = format!("{} numbers", numbers.len());
                return Err(refused(operator, got));
            }
        };
        match value.iter().all(|number| number.is_finite()) {
            true => Ok(PadValue(value)),
            false => Err(refused(operator, format!("{value:?}"))),
        }
    }

    /// The number of each channel.
    pub(crate) const fn numbers(&self) -> [f64; 4] {
        self.0
    }
}

fn refused(operator: &'static str, got: String) -> OperatorError {
    OperatorError::Parameter {
        operator,
        parameter: "value",
        got,
        expected: PadValue::RANGE.to_owned(),
    }
}

/// The bits of a constant pixel of images of this shape; see [`GatherMap::value`](crate::contract::stage::GatherMap::value).
///
/// # Errors
/// [`OperatorError::Shape`] when a number of one of the channels is no sample of the image's type.
pub(crate) fn constant(
    operator: &'static str,
    input: ImageShape,
    value: PadValue,
) -> Result<[u32; 4], OperatorError> {
    let mut bits = [0; 4];
    let channels = input.channels as usize;
    for (bits, number) in bits.iter_mut().zip(value.0).take(channels) {
        *bits = sample_bits(input.sample, number).ok_or_else(|| OperatorError::Shape {
            operator,
            got: input,
            reason: format!(
                "value = {} is no {} sample",
                checks::number(number),
                input.sample
            ),
        })?;
    }
    Ok(bits)
}

/// The bits of a number as a sample, in the low bytes: of the nearest f32, and for f16 and bf16 of the number nearest to that, as
/// PyTorch converts it. `None` for what is no integer of an integer type, for what would become infinite, and for f64.
fn sample_bits(sample: SampleType, number: f64) -> Option<u32> {
    let integer = |least: f64, most: f64| {
        let fits = number.fract() == 0.0 && (least..=most).contains(&number);
        fits.then_some(number as i32)
    };
    let single = number as f32;
    let (is_finite, bits) = match sample {
        SampleType::U8 => return integer(0.0, 255.0).map(|sample| sample as u32),
        SampleType::I16 => {
            let sample = integer(i16::MIN.into(), i16::MAX.into())?;
            return Some(u32::from(sample as i16 as u16));
        }
        SampleType::I32 => {
            let sample = integer(i32::MIN.into(), i32::MAX.into())?;
            return Some(sample as u32);
        }
        SampleType::F16 => {
            let sample = f16::from_f32(single);
            (sample.is_finite(), sample.to_bits().into())
        }
        SampleType::Bf16 => {
            let sample = bf16::from_f32(single);
            (sample.is_finite(), sample.to_bits().into())
        }
        SampleType::F32 => (single.is_finite(), single.to_bits()),
        // Numbers have no borders.
        SampleType::F64 => return None,
    };
    is_finite.then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_samples_of_each_type() {
        for (sample, number, bits) in [
            (SampleType::U8, 255.0, Some(255)),
            (SampleType::U8, 256.0, None),
            (SampleType::U8, -1.0, None),
            (SampleType::U8, 0.5, None),
            (SampleType::I16, -1.0, Some(0xffff)),
            (SampleType::I16, 32_767.0, Some(0x7fff)),
            (SampleType::I16, 32_768.0, None),
            (SampleType::I32, -2_147_483_648.0, Some(0x8000_0000)),
            (SampleType::I32, 2_147_483_647.0, Some(0x7fff_ffff)),
            (SampleType::I32, 2_147_483_648.0, None),
            (SampleType::F16, -2.0, Some(0xc000)),
            (SampleType::F16, 65_519.0, Some(0x7bff)),
            (SampleType::F16, 65_520.0, None),
            // Halfway between two bf16: to the even one.
            (SampleType::Bf16, 1.0 + 1.0 / 256.0, Some(0x3f80)),
            (SampleType::Bf16, 3.4e38, None),
            (SampleType::F32, 0.1, Some(0x3dcc_cccd)),
            (SampleType::F32, -0.0, Some(0x8000_0000)),
            (SampleType::F32, 1e39, None),
        ] {
            assert_eq!(sample_bits(sample, number), bits, "{number} as {sample}");
        }
    }

    #[test]
    fn channels_that_an_image_lacks_do_not_matter() {
        let value = PadValue::new("pad", &[1.0, 2.0, 300.0]).expect("three finite numbers");
        assert_eq!(value.numbers(), [1.0, 2.0, 300.0, 0.0]);
        let gray = ImageShape::u8(4, 4, 1);
        assert_eq!(constant("pad", gray, value), Ok([1, 0, 0, 0]));
        let text = constant("pad", ImageShape::u8(4, 4, 3), value).expect_err("300 is no byte");
        assert_eq!(
            text.to_string(),
            "pad cannot take 4x4x3 u8: value = 300 is no u8 sample"
        );
    }
}

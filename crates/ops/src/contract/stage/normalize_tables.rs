//! The tables of a normalization, as data.

use pixelflume_kernels::args::NormalizeSteps;
use std::fmt;

/// The numbers that the samples of 4 channels become: sample `p` of channel `c` becomes `values[c][p]`, which is finite.
pub(crate) struct NormalizeTables {
    values: [[f32; 256]; 4],
    steps: Option<NormalizeSteps>,
}

/// The number of one channel as arithmetic: `(p * factor * multiplier + summand) * reciprocal`, rounded as [`NormalizeSteps`] says.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct ChannelSteps {
    /// The multiplier of the scaled sample.
    pub(crate) multiplier: f32,
    /// The summand.
    pub(crate) summand: f32,
    /// The last factor, of which the highest 48 bits are used.
    pub(crate) reciprocal: f64,
}

impl ChannelSteps {
    /// The steps that leave a scaled sample as it is.
    pub(crate) const IDENTITY: Self = ChannelSteps {
        multiplier: 1.0,
        // A sum with -0 keeps 0 and -0, too.
        summand: -0.0,
        reciprocal: 1.0,
    };
}

/// A number in two parts: rounded to f32, and the rest.
fn halves(number: f64) -> [f32; 2] {
    let high = number as f32;
    [high, (number - f64::from(high)) as f32]
}

impl NormalizeTables {
    /// The tables of these numbers, `None` where one of them is NaN or infinite. `factor` and `channels` are the arithmetic
    /// that gives the numbers, apart from rare roundings: where it gives other ones, it is left out.
    pub(crate) fn new(
        values: [[f32; 256]; 4],
        factor: f64,
        channels: [ChannelSteps; 4],
    ) -> Option<Self> {
        let finite = values.iter().flatten().all(|value| value.is_finite());
        let [factor, factor_low] = halves(factor);
        let reciprocals = channels.map(|channel| halves(channel.reciprocal));
        let steps = NormalizeSteps {
            factor,
            factor_low,
            multiplier: channels.map(|channel| channel.multiplier),
            summand: channels.map(|channel| channel.summand),
            reciprocal: reciprocals.map(|[high, _]| high),
            reciprocal_low: reciprocals.map(|[_, low]| low),
        };
        let equal = |(channel, values): (usize, &[f32; 256])| {
            (0..=255)
                .zip(values)
                .all(|(sample, value)| steps.number(channel, sample).to_bits() == value.to_bits())
        };
        let steps = values.iter().enumerate().all(equal).then_some(steps);
        finite.then_some(NormalizeTables { values, steps })
    }

    /// The numbers of 4 channels; images of fewer channels have those of the first ones.
    pub(crate) fn values(&self) -> &[[f32; 256]; 4] {
        &self.values
    }

    /// The arithmetic that gives the same numbers, bit for bit; `None` where a number is one of the rare ones that it rounds
    /// otherwise.
    pub(crate) fn steps(&self) -> Option<NormalizeSteps> {
        self.steps
    }
}

impl fmt::Debug for NormalizeTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = self.values.map(|values| [values[0], values[255]]);
        f.debug_struct("NormalizeTables")
            .field("ends", &ends)
            .field("steps", &self.steps)
            .finish()
    }
}

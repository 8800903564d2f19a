//! The tables of a normalization: 256 numbers for each channel, by the operations of a library.

use super::NormalizeLike;
use crate::contract::stage::{ChannelSteps, NormalizeTables};

/// The numbers of one channel by mean and standard deviation, with the arithmetic that gives the same ones.
fn channel(like: NormalizeLike, mean: f64, std: f64, scale: f64) -> ([f32; 256], ChannelSteps) {
    let (m, s) = (mean as f32, std as f32);
    // Subtracts the first number and divides by the second one, both rounded.
    let quotient = |difference: f32, divisor: f32| ChannelSteps {
        summand: -difference,
        reciprocal: 1.0 / f64::from(divisor),
        ..ChannelSteps::IDENTITY
    };
    let table = |number: &dyn Fn(u8) -> f32| std::array::from_fn(|sample| number(sample as u8));
    match like {
        NormalizeLike::Torchvision => {
            let number = |p: u8| (f32::from(p) / 255.0 - m) / s;
            (table(&number), quotient(m, s))
        }
        NormalizeLike::TorchvisionV2 => {
            let number = |p: u8| (f32::from(p) * (1.0 / 255.0) as f32 - m) / s;
            (table(&number), quotient(m, s))
        }
        NormalizeLike::Transformers => {
            let inverse = (1.0 / scale) as f32;
            let (m, s) = (m * inverse, s * inverse);
            let number = |p: u8| (f32::from(p) - m) / s;
            (table(&number), quotient(m, s))
        }
        NormalizeLike::TransformersPillow => {
            let number = |p: u8| ((f64::from(p) * scale) as f32 - m) / s;
            (table(&number), quotient(m, s))
        }
        NormalizeLike::Fma => {
            let (multiplier, summand) = ((scale / std) as f32, (-mean / std) as f32);
            let number = |p: u8| f32::from(p).mul_add(multiplier, summand);
            let steps = ChannelSteps {
                multiplier,
                summand,
                ..ChannelSteps::IDENTITY
            };
            (table(&number), steps)
        }
    }
}

/// The tables of 4 channels, of which the later ones are as the last one that has a mean. `None` where a number is NaN or
/// infinite.
pub(super) fn tables(
    like: NormalizeLike,
    means: &[f64],
    deviations: &[f64],
    scale: f64,
) -> Option<NormalizeTables> {
    let channels: [_; 4] = std::array::from_fn(|c| {
        let of = |values: &[f64]| values[c.min(values.len() - 1)];
        channel(like, of(means), of(deviations), scale)
    });
    let factor = match like {
        NormalizeLike::Torchvision => 1.0 / 255.0,
        NormalizeLike::TorchvisionV2 => f64::from((1.0 / 255.0) as f32),
        NormalizeLike::TransformersPillow => scale,
        NormalizeLike::Transformers | NormalizeLike::Fma => 1.0,
    };
    NormalizeTables::new(
        channels.map(|(numbers, _)| numbers),
        factor,
        channels.map(|(_, steps)| steps),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    const IMAGENET: [[f64; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
    const CLIP: [[f64; 3]; 2] = [
        [0.48145466, 0.4578275, 0.40821073],
        [0.26862954, 0.26130258, 0.27577711],
    ];

    /// The kernels of fused chains compute steps; tables without steps have a slower kernel of their own.
    #[test]
    fn the_tables_of_models_have_steps() {
        for like in NormalizeLike::ALL {
            for [means, deviations] in [IMAGENET, CLIP, [[0.5; 3]; 2], [[0.0; 3], [1.0; 3]]] {
                let tables = tables(like, &means, &deviations, 1.0 / 255.0);
                let tables = tables.expect("finite numbers");
                assert!(tables.steps().is_some(), "{like}: {means:?} {deviations:?}");
            }
        }
    }

    #[test]
    fn random_tables_have_steps() {
        let mut random = Random::new(16);
        for like in NormalizeLike::ALL {
            let without = (0..400)
                .filter(|_| {
                    let mean = random.number(-1.0, 1.0);
                    let std = random.number(0.05, 2.0);
                    let scale = random.number(0.001, 2.0);
                    let tables = tables(like, &[mean], &[std], scale).expect("finite numbers");
                    tables.steps().is_none()
                })
                .count();
            assert_eq!(without, 0, "{like}");
        }
    }

    #[test]
    fn steps_that_give_other_numbers_are_left_out() {
        // The parts of a subnormal factor have fewer bits than the product in f64.
        let like = NormalizeLike::TransformersPillow;
        let tiny = tables(like, &[0.0], &[1.0], 1e-40).expect("finite numbers");
        assert!(tiny.steps().is_none());
        assert_eq!(tiny.values()[3][255], (255.0 * 1e-40) as f32);
        // A negative scale makes -0 of 0.
        let negative = tables(like, &[0.0], &[1.0], -0.1).expect("finite numbers");
        assert!(
            negative
                .steps()
                .is_none_or(|steps| steps.number(0, 0).is_sign_negative())
        );
    }

    #[test]
    fn numbers_beyond_f32_are_refused() {
        for like in NormalizeLike::ALL {
            assert!(
                tables(like, &[1.0], &[1e-300], 1.0 / 255.0).is_none(),
                "{like}"
            );
            assert!(
                tables(like, &[1e300], &[1.0], 1.0 / 255.0).is_none(),
                "{like}"
            );
        }
        // Infinity divided by infinity.
        assert!(tables(NormalizeLike::Transformers, &[1.0], &[1.0], 0.0).is_none());
    }
}

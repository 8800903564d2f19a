//! Chains of gray, blur, Sobel and threshold as one launch, against the plain kernels one after the other and against the
//! host: the smallest images, and widths around those where strips and lanes end.

use crate::check::Context;
use crate::compare::Padding;
use crate::mismatch::Case;
use crate::random::Random;
use crate::samples::{Benches, Chain};
use anyhow::Context as _;
use pixelflume::ops::Threshold;
use pixelflume::prelude::*;
use std::sync::Arc;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let benches = Benches::new(context)?;
    let cases = context.cases(60, context.operator_cases);
    let (mut count, mut fused) = (0, 0);
    for case in cases {
        let mut random = Random::new(context.seed.wrapping_mul(3_000_017).wrapping_add(case));
        let chain = chain(&mut random)?;
        let failed = || Case {
            number: case,
            what: format!("case {case} (seed {}): {chain:?}", context.seed),
        };
        fused += benches.compare(&chain, &mut random).with_context(failed)?;
        count += 1;
    }
    Ok(format!(
        "{count} random chains equal, {fused} beginnings of them as one launch"
    ))
}

fn chain(random: &mut Random) -> anyhow::Result<Chain> {
    let channels = random.pick(&[1, 1, 3, 3, 4]);
    let shape = ImageShape::u8(width(random), random.side(), channels);
    let mut operators: Vec<Arc<dyn Operator>> = Vec::new();
    let mut gray = channels == 1;
    if !gray && random.within(0, 2) > 0 {
        operators.push(Arc::new(Color::new(match channels {
            3 => random.pick(&[ColorConversion::RgbToGray, ColorConversion::BgrToGray]),
            _ => ColorConversion::RgbaToGray,
        })));
        gray = true;
    }
    let blurred = random.within(0, 3) > 0;
    if blurred {
        operators.push(Arc::new(blur(random)?));
    }
    // After a blur at times, on its own always. On color it begins with gray, which nothing can be fused in front of.
    if !blurred || (gray && random.within(0, 2) > 0) {
        operators.push(Arc::new(Sobel::magnitude()));
    }
    if random.within(0, 2) == 0 {
        let byte = |random: &mut Random| random.within(0, 255) as u8;
        let threshold = Threshold::new(byte(random));
        operators.push(Arc::new(threshold.with_maximum(byte(random))));
    }
    let aligned = random.within(0, 1) == 0;
    let pads: (&[usize], &[usize]) = match aligned {
        true => (&[0, 16, 64], &[0, 16, 128]),
        false => (&[0, 1, 2, 3, 5, 8, 13], &[0, 1, 4, 7, 32]),
    };
    Ok(Chain {
        operators,
        shape,
        batch: random.within(1, 5),
        padding: Padding {
            row: random.pick(pads.0),
            frame: random.pick(pads.1),
        },
    })
}

/// Any width, one of whole lanes, or one near a whole number of strips: 120 words of pixels.
fn width(random: &mut Random) -> u32 {
    match random.within(0, 3) {
        0 => random.side(),
        1 => 16 * random.within(1, 64),
        2 => random.within(1, 40),
        _ => {
            let strips = random.pick(&[1, 2, 3]) * random.pick(&[120, 160, 240, 480]);
            (strips + random.within(0, 24)).saturating_sub(12)
        }
    }
}

/// Taps of the kernels that know theirs, and any others.
fn blur(random: &mut Random) -> anyhow::Result<GaussianBlur> {
    let blur = GaussianBlur::new(random.pick(&[3, 3, 5, 5, 7, 7, 9, 9, 11, 31]))?;
    Ok(match random.within(0, 2) {
        0 => blur.sigma(f64::from(random.within(1, 80)) / 10.0)?,
        _ => blur,
    })
}

//! The check `stencils`: chains of gray, blur, Sobel and threshold as one launch, against the oracle kernels one by one and
//! against the host; with the smallest images, and widths near the ends of strips and lanes.

use crate::chains::Chain;
use crate::check::Context;
use crate::compare::Padding;
use crate::mismatch::Case;
use crate::samples::{Benches, ChainCase};
use anyhow::Context as _;
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let benches = Benches::new(context)?;
    let cases = context.cases(60, context.operator_cases);
    let (mut count, mut fused) = (0, 0);
    for case in cases {
        let mut random = Random::new(context.seed.wrapping_mul(3_000_017).wrapping_add(case));
        // All combinations with a blur or a derivative in turn.
        let which = [2, 3, 4, 6, 7, 10, 11, 12, 14, 15][(case % 10) as usize];
        let work = workload(&mut random, which)?;
        let failed = || Case {
            number: case,
            what: format!("case {case} (seed {}): {work:?}", context.seed),
        };
        fused += benches.compare(&work, &mut random).with_context(failed)?;
        count += 1;
    }
    Ok(format!(
        "{count} random chains equal, {fused} beginnings of them as one launch"
    ))
}

fn workload(random: &mut Random, which: u64) -> anyhow::Result<ChainCase> {
    let channels = random.pick(&[1, 1, 3, 3, 4]);
    let shape = ImageShape::u8(width(random), random.side(), channels);
    let aligned = random.within(0, 1) == 0;
    let pads: (&[usize], &[usize]) = match aligned {
        true => (&[0, 16, 64], &[0, 16, 128]),
        false => (&[0, 1, 2, 3, 5, 8, 13], &[0, 1, 4, 7, 32]),
    };
    Ok(ChainCase {
        chain: Chain::stencil(random, shape, which)?,
        batch: random.within(1, 5),
        padding: Padding {
            row: random.pick(pads.0),
            frame: random.pick(pads.1),
        },
    })
}

/// A random width: any, a multiple of a lane's columns, or one near a multiple of a strip (120 words of pixels).
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

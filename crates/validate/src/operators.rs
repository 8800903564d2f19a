//! The checks `operators` (random shapes, channels, paddings and batches) and `colors` (all colors), on CUDA against the host.

use crate::check::Context;
use crate::compare::{Bench, Padding};
use crate::mismatch::{Case, equal, equal_batch};
use anyhow::Context as _;
use pixelflume::ops::registry::OPERATORS;
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;
use std::sync::Arc;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let (host, cuda) = (Bench::new(&context.host)?, Bench::new(&context.cuda)?);
    let (mut bytes, mut kinds) = (0, std::collections::BTreeMap::<&str, u32>::new());
    for case in context.cases(2 * OPERATORS.len() as u64, context.operator_cases) {
        // Each case has its own seed, so that it can be repeated alone.
        let seed = context.seed.wrapping_mul(1_000_003).wrapping_add(case);
        let mut random = Random::new(seed);
        let mut shape = ImageShape::u8(random.side(), random.side(), random.pick(&[1, 3, 4]));
        let batch = random.within(1, 9);
        let padding = Padding {
            row: random.pick(&[0, 0, 1, 2, 5, 13, 64]),
            frame: random.pick(&[0, 0, 1, 7, 128]),
        };
        // All kinds in turn, so that the short form has cases of each.
        let spec = OPERATORS[(case % OPERATORS.len() as u64) as usize];
        let operator = (spec.testing.sample)(&mut random, &mut shape)?;
        let what = || {
            format!(
                "case {case} (seed {}): {operator:?} on {batch} x {shape}, {padding:?}",
                context.seed
            )
        };
        let count = operator.input_count();
        let failed = || Case {
            number: case,
            what: what(),
        };
        let plan = operator.plan(&vec![shape; count]).with_context(failed)?;
        let inputs: Vec<_> = (0..count)
            .map(|_| random.bytes(Bench::input_bytes(shape, batch, padding)))
            .collect();
        let inputs: Vec<_> = inputs.iter().map(|bytes| (shape, &bytes[..])).collect();
        let expected = host
            .run_inputs(&plan, &inputs, batch, padding)
            .with_context(failed)?;
        let got = cuda
            .run_inputs(&plan, &inputs, batch, padding)
            .with_context(failed)?;
        let of = Bench::output(&plan, batch, padding);
        equal_batch("the output", &of, &expected, &got).with_context(failed)?;
        bytes += got.len();
        *kinds.entry(operator.kind()).or_default() += 1;
    }
    let cases = kinds.values().sum::<u32>();
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    Ok(format!(
        "{cases} random cases equal ({}), {bytes} bytes compared",
        kinds.join(", ")
    ))
}

/// All 2^24 colors through the conversions that do arithmetic.
pub(crate) fn all_colors(context: &Context) -> anyhow::Result<String> {
    let (host, cuda) = (Bench::new(&context.host)?, Bench::new(&context.cuda)?);
    let colors = |channels: usize| -> Vec<u8> {
        (0..1u32 << 24)
            .flat_map(move |c| c.to_le_bytes().into_iter().take(channels))
            .collect()
    };
    let (three, four) = (colors(3), colors(4));
    let padding = Padding { row: 0, frame: 0 };
    let compare = |name: &str, channels: u32, operator: &dyn Operator| {
        let shape = ImageShape::u8(4096, 4096, channels);
        let plan: Arc<_> = operator.plan(&[shape])?;
        let input = if channels == 3 { &three } else { &four };
        let expected = host.run(&plan, shape, 1, padding, input)?;
        equal(name, &expected, &cuda.run(&plan, shape, 1, padding, input)?)
    };
    let mut count = 0;
    let grays = ColorConversion::ALL
        .into_iter()
        .filter(|c| c.target_channels() == 1);
    for conversion in grays {
        for like in ColorLike::ALL {
            let name = format!("{conversion} like {like}");
            let gray = Color::new(conversion).with_like(like);
            compare(&name, conversion.source_channels(), &gray)?;
            count += 1;
        }
    }
    for conversion in ColorSpaceConversion::ALL {
        compare(conversion.name(), 3, &ColorSpace::new(conversion))?;
        count += 1;
    }
    Ok(format!("{count} conversions equal on all 2^24 colors"))
}

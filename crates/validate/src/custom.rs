//! The check `custom`: the custom operator of the example on the GPU, its kernel (PTX text) against its closure.

#[path = "../../pixelflume/examples/custom_operator.rs"]
mod example;

use crate::check::Context;
use crate::compare::{Bench, Padding};
use crate::mismatch::{Case, equal_batch};
use anyhow::{Context as _, anyhow};
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    example::main().map_err(|error| anyhow!("the example: {error}"))?;
    let (host, cuda) = (Bench::new(&context.host)?, Bench::new(&context.cuda)?);
    let operator = example::invert()?;
    let cases = context.cases(5, 50);
    let mut bytes = 0;
    for case in cases.clone() {
        let mut random = Random::new(context.seed.wrapping_mul(104_729).wrapping_add(case));
        let shape = ImageShape::u8(random.side(), random.side(), random.within(1, 5));
        let batch = random.within(1, 9);
        let padding = Padding {
            row: random.pick(&[0, 1, 13]),
            frame: random.pick(&[0, 7]),
        };
        let failed = || Case {
            number: case,
            what: format!(
                "case {case} (seed {}): {batch} x {shape}, {padding:?}",
                context.seed
            ),
        };
        let input = random.bytes(Bench::input_bytes(shape, batch, padding));
        let plan = operator.plan(&[shape]).with_context(failed)?;
        let expected = host
            .run(&plan, shape, batch, padding, &input)
            .with_context(failed)?;
        let got = cuda
            .run(&plan, shape, batch, padding, &input)
            .with_context(failed)?;
        let of = Bench::output(&plan, batch, padding);
        equal_batch("the output", &of, &expected, &got).with_context(failed)?;
        bytes += got.len();
    }
    Ok(format!(
        "the example ran, {} random cases of kernel and closure equal, {bytes} bytes compared",
        cases.count()
    ))
}

//! The check `samples`: chains as one launch of the sampling kernels, against the oracle kernels one by one and against the
//! host.

use crate::chains::Chain;
use crate::check::Context;
use crate::compare::{Bench, Padding};
use crate::mismatch::{Case, equal_batch};
use anyhow::Context as _;
use pixelflume::device::DeviceKind;
use pixelflume::ops::fusion::{Stage, fuse};
use pixelflume::ops::testing::Random;
use pixelflume::ops::{Plan, oracle_plan};
use pixelflume::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let benches = Benches::new(context)?;
    let (mut fused, mut lengths) = (0, BTreeMap::<usize, u32>::new());
    for case in context.cases(60, context.operator_cases) {
        let mut random = Random::new(context.seed.wrapping_mul(2_000_003).wrapping_add(case));
        // All combinations of parts in turn.
        let work = ChainCase::random(&mut random, case)?;
        let failed = || Case {
            number: case,
            what: format!("case {case} (seed {}): {work:?}", context.seed),
        };
        fused += benches.compare(&work, &mut random).with_context(failed)?;
        *lengths.entry(work.chain.operators.len()).or_default() += 1;
    }
    let lengths: Vec<String> = lengths
        .iter()
        .map(|(length, count)| format!("{count} of {length}"))
        .collect();
    Ok(format!(
        "random chains ({} operators) equal, {fused} beginnings of them as one launch",
        lengths.join(", ")
    ))
}

/// A chain, and the layout of its images in memory.
#[derive(Debug)]
pub(crate) struct ChainCase {
    pub(crate) chain: Chain,
    pub(crate) batch: u32,
    pub(crate) padding: Padding,
}

impl ChainCase {
    fn random(random: &mut Random, which: u64) -> anyhow::Result<Self> {
        let shape = ImageShape::u8(random.side(), random.side(), random.pick(&[1, 3, 3, 4]));
        Ok(ChainCase {
            chain: Chain::sample(random, shape, which)?,
            batch: random.within(1, 9),
            padding: Padding {
                row: random.pick(&[0, 0, 1, 2, 5, 13, 16, 64]),
                frame: random.pick(&[0, 0, 1, 7, 16, 128]),
            },
        })
    }
}

pub(crate) struct Benches {
    host: Bench,
    cuda: Bench,
}

impl Benches {
    pub(crate) fn new(context: &Context) -> anyhow::Result<Self> {
        Ok(Benches {
            host: Bench::new(&context.host)?,
            cuda: Bench::new(&context.cuda)?,
        })
    }

    /// Runs each operator of a chain on the host, by its oracle kernel and by its product kernel, and each prefix of the chain
    /// that a rule takes as one launch. Returns the number of those prefixes.
    pub(crate) fn compare(&self, work: &ChainCase, random: &mut Random) -> anyhow::Result<u32> {
        let (chain, batch, padding) = (&work.chain, work.batch, work.padding);
        let source = random.bytes(Bench::input_bytes(chain.input, batch, padding));
        let (mut shape, mut images) = (chain.input, source.clone());
        let (mut stages, mut fused) = (Vec::<Stage>::new(), 0);
        for operator in &chain.operators {
            let plan = operator.plan(&[shape])?;
            let of = Bench::output(&plan, batch, padding);
            let run = |bench: &Bench, plan: &Arc<dyn Plan>| {
                bench.run(plan, shape, batch, padding, &images)
            };
            let expected = run(&self.host, &plan)?;
            let kind = operator.kind();
            let by_oracle = run(&self.cuda, &oracle_plan(&plan))?;
            equal_batch(
                &format!("{kind} by the oracle kernel"),
                &of,
                &expected,
                &by_oracle,
            )?;
            let by_product = run(&self.cuda, &plan)?;
            equal_batch(
                &format!("{kind} by the product kernel"),
                &of,
                &expected,
                &by_product,
            )?;
            stages.extend(plan.stage());
            if let Ok((rule, plan)) = fuse(&stages, DeviceKind::Cuda) {
                let got = self.cuda.run(&plan, chain.input, batch, padding, &source)?;
                let what = format!("{} stages by rule {}", stages.len(), rule.name);
                equal_batch(&what, &of, &expected, &got)?;
                fused += 1;
            }
            (shape, images) = (plan.output(), expected);
        }
        Ok(fused)
    }
}

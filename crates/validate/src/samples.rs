//! Chains of operators as one launch that samples, against the plain kernels one after the other and against the host.

use crate::check::Context;
use crate::compare::{Bench, Padding};
use crate::mismatch::{Case, equal_batch};
use crate::random::Random;
use anyhow::Context as _;
use pixelflume::device::DeviceKind;
use pixelflume::ops::fusion::{Stage, fuse};
use pixelflume::ops::{
    CenterCrop, Crop, Flip, FlipAxis, Letterbox, Normalize, Nv12ToRgb, Pad, PadMode, Plan,
    Threshold, plain,
};
use pixelflume::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let benches = Benches::new(context)?;
    let (mut fused, mut lengths) = (0, BTreeMap::<usize, u32>::new());
    for case in context.cases(60, context.operator_cases) {
        let mut random = Random::new(context.seed.wrapping_mul(2_000_003).wrapping_add(case));
        let chain = Chain::random(&mut random)?;
        let failed = || Case {
            number: case,
            what: format!("case {case} (seed {}): {chain:?}", context.seed),
        };
        fused += benches.compare(&chain, &mut random).with_context(failed)?;
        *lengths.entry(chain.operators.len()).or_default() += 1;
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

/// Operators one after the other, and what they are run on.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) operators: Vec<Arc<dyn Operator>>,
    pub(crate) shape: ImageShape,
    pub(crate) batch: u32,
    pub(crate) padding: Padding,
}

impl Chain {
    fn random(random: &mut Random) -> anyhow::Result<Self> {
        let mut shape = ImageShape::u8(random.side(), random.side(), random.pick(&[1, 3, 3, 4]));
        let mut operators: Vec<Arc<dyn Operator>> = Vec::new();
        let nv12 = random.within(0, 5) == 0;
        if nv12 {
            let (width, height) = (shape.width.next_multiple_of(2), shape.height);
            shape = ImageShape::u8(width, height.next_multiple_of(3), 1);
            operators.push(Arc::new(Nv12ToRgb::new()));
        }
        let source = shape;
        let count = random.within(1, 5) as usize;
        while operators.len() < count {
            if let Some(last) = operators.last() {
                shape = last.plan(&[shape])?.output();
            }
            // An odd image is no video frame for the first one, which has been made to fit.
            operators.push(operator(random, shape)?);
        }
        if random.within(0, 2) == 0 {
            if let Some(last) = operators.last() {
                shape = last.plan(&[shape])?.output();
            }
            operators.push(normalize(random, shape.channels)?);
        }
        Ok(Chain {
            operators,
            shape: source,
            batch: random.within(1, 9),
            padding: Padding {
                row: random.pick(&[0, 0, 1, 2, 5, 13, 16, 64]),
                frame: random.pick(&[0, 0, 1, 7, 16, 128]),
            },
        })
    }
}

fn normalize(random: &mut Random, channels: u32) -> anyhow::Result<Arc<dyn Operator>> {
    let mut numbers = |least: f64| -> Vec<f64> {
        let number = |_| f64::from(random.within(1, 2000)) / 1000.0 + least;
        (0..channels).map(number).collect()
    };
    let (mean, std) = (numbers(-1.0), numbers(0.0));
    let normalize = Normalize::new(&mean, &std)?
        .sample(random.pick(&[SampleType::F32, SampleType::F16]))?
        .layout(random.pick(&[Layout::Interleaved, Layout::Planar]));
    Ok(Arc::new(normalize))
}

fn operator(random: &mut Random, shape: ImageShape) -> anyhow::Result<Arc<dyn Operator>> {
    let (width, height) = (shape.width, shape.height);
    let byte = |random: &mut Random| random.within(0, 255) as u8;
    Ok(match random.within(0, 8) {
        0 => {
            let fitting: Vec<_> = ColorConversion::ALL
                .into_iter()
                .filter(|c| c.source_channels() == shape.channels)
                .collect();
            Arc::new(Color::new(random.pick(&fitting)))
        }
        // Whole factors too, of which the taps are pixels as they are, or halves.
        1 => match random.within(0, 3) {
            0 => Arc::new(Resize::new(width.div_ceil(2), height.div_ceil(2))?),
            1 => Arc::new(Resize::new(width.div_ceil(3), height.div_ceil(3))?),
            2 => Arc::new(Resize::new(
                (2 * width / 3).max(1),
                (2 * height / 3).max(1),
            )?),
            _ => Arc::new(Resize::new(random.side(), random.side())?),
        },
        2 => {
            let resize = Resize::new(random.side(), random.side())?;
            Arc::new(resize.interpolation(Interpolation::Nearest))
        }
        3 => Arc::new(Flip::new(random.pick(&FlipAxis::ALL))),
        4 => {
            let (x, y) = (random.within(0, width - 1), random.within(0, height - 1));
            let across = random.within(1, width - x);
            Arc::new(Crop::new(x, y, across, random.within(1, height - y))?)
        }
        5 => {
            let [left, top, right, bottom] = [0; 4].map(|_| random.within(0, 40));
            let pad = Pad::new(left, top, right, bottom).mode(random.pick(&PadMode::ALL));
            Arc::new(pad.value([0; 4].map(|_: u8| byte(random))))
        }
        6 => {
            let letterbox = Letterbox::new(random.side(), random.side())?;
            Arc::new(letterbox.value([0; 4].map(|_: u8| byte(random))))
        }
        7 => {
            let threshold = Threshold::new(byte(random));
            Arc::new(threshold.with_maximum(byte(random)))
        }
        _ => {
            let across = random.within(1, width);
            Arc::new(CenterCrop::new(across, random.within(1, height))?)
        }
    })
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

    /// Runs each operator of a chain on the host, by its plain and by its fast kernel, and each beginning of the chain that
    /// a rule takes as one launch. Gives how many of these there were.
    pub(crate) fn compare(&self, chain: &Chain, random: &mut Random) -> anyhow::Result<u32> {
        let (batch, padding) = (chain.batch, chain.padding);
        let source = random.bytes(Bench::input_bytes(chain.shape, batch, padding));
        let (mut shape, mut images) = (chain.shape, source.clone());
        let (mut stages, mut fused) = (Vec::<Stage>::new(), 0);
        for operator in &chain.operators {
            let plan = operator.plan(&[shape])?;
            let of = Bench::output(&plan, batch, padding);
            let run = |bench: &Bench, plan: &Arc<dyn Plan>| {
                bench.run(plan, shape, batch, padding, &images)
            };
            let expected = run(&self.host, &plan)?;
            let kind = operator.kind();
            let by_plain = run(&self.cuda, &plain(&plan))?;
            equal_batch(
                &format!("{kind} by the plain kernel"),
                &of,
                &expected,
                &by_plain,
            )?;
            let by_fast = run(&self.cuda, &plan)?;
            equal_batch(
                &format!("{kind} by the fast kernel"),
                &of,
                &expected,
                &by_fast,
            )?;
            stages.extend(plan.stage());
            if let Ok((rule, plan)) = fuse(&stages, DeviceKind::Cuda) {
                let got = self.cuda.run(&plan, chain.shape, batch, padding, &source)?;
                let what = format!("{} stages by rule {}", stages.len(), rule.name);
                equal_batch(&what, &of, &expected, &got)?;
                fused += 1;
            }
            (shape, images) = (plan.output(), expected);
        }
        Ok(fused)
    }
}

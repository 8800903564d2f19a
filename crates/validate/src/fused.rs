//! Fused plans on CUDA against the same pipelines node by node, on CUDA and on the host: chains of all that the rules take.

use crate::check::Context;
use crate::mismatch::{Case, equal_image};
use crate::random::Random;
use anyhow::{Context as _, anyhow, ensure};
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::fusion::RULES;
use pixelflume::ops::{
    CenterCrop, Crop, Flip, FlipAxis, Letterbox, Normalize, Nv12ToRgb, Pad, PadMode, Threshold,
};
use pixelflume::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Operators one after the other, and what the first of them takes.
struct Chain {
    input: ImageShape,
    /// What the last one gives.
    shape: ImageShape,
    operators: Vec<Arc<dyn Operator>>,
}

impl Chain {
    fn new(input: ImageShape) -> Self {
        Chain {
            input,
            shape: input,
            operators: Vec::new(),
        }
    }

    fn push(&mut self, operator: impl Operator + 'static) -> anyhow::Result<()> {
        self.shape = operator.plan(&[self.shape])?.output();
        self.operators.push(Arc::new(operator));
        Ok(())
    }

    /// A conversion to gray, or to anything else, of those that take the image; none where there is none.
    fn color(&mut self, random: &mut Random, to_gray: bool) -> anyhow::Result<()> {
        let fitting: Vec<_> = ColorConversion::ALL
            .into_iter()
            .filter(|c| c.source_channels() == self.shape.channels)
            .filter(|c| (c.target_channels() == 1) == to_gray)
            .collect();
        match fitting[..] {
            [] => Ok(()),
            _ => self.push(Color::new(random.pick(&fitting))),
        }
    }

    fn threshold(&mut self, random: &mut Random) -> anyhow::Result<()> {
        let threshold = Threshold::new(random.within(0, 255) as u8);
        self.push(threshold.with_maximum(random.within(0, 255) as u8))
    }

    fn geometry(&mut self, random: &mut Random) -> anyhow::Result<()> {
        let value = [0; 4].map(|_: u8| random.within(0, 255) as u8);
        let ImageShape { width, height, .. } = self.shape;
        match random.within(0, 6) {
            0 => {
                let resize = Resize::new(random.side(), random.side())?;
                self.push(resize.interpolation(random.pick(&Interpolation::ALL)))
            }
            1 if width > 1 && height > 1 => self.push(Resize::new(width / 2, height / 2)?),
            2 => self.push(Flip::new(random.pick(&FlipAxis::ALL))),
            3 => {
                let (x, y) = (random.within(0, width - 1), random.within(0, height - 1));
                let width = random.within(1, width - x);
                self.push(Crop::new(x, y, width, random.within(1, height - y))?)
            }
            4 => self.push(CenterCrop::new(
                random.within(1, width),
                random.within(1, height),
            )?),
            5 => {
                let [left, top, right, bottom] = [0; 4].map(|_| random.within(0, 40));
                let pad = Pad::new(left, top, right, bottom).mode(random.pick(&PadMode::ALL));
                self.push(pad.value(value))
            }
            _ => self.push(Letterbox::new(random.side(), random.side())?.value(value)),
        }
    }

    fn normalize(&mut self, random: &mut Random) -> anyhow::Result<()> {
        let channels = self.shape.channels as usize;
        let mut number = || f64::from(random.within(1, 2000)) / 1000.0;
        let mean: Vec<f64> = (0..channels).map(|_| number() - 1.0).collect();
        let std: Vec<f64> = (0..channels).map(|_| number()).collect();
        let normalize = Normalize::new(&mean, &std)?
            .scale(random.pick(&[1.0 / 255.0, 1.0]))?
            .sample(random.pick(&[SampleType::F32, SampleType::F16]))?;
        self.push(normalize.layout(random.pick(&[Layout::Interleaved, Layout::Planar])))
    }

    fn pipeline(&self) -> anyhow::Result<Pipeline> {
        let mut builder = PipelineBuilder::new("fused");
        let mut port = builder.input("input")?;
        for (index, operator) in self.operators.iter().enumerate() {
            let node = builder.add_boxed(&format!("node{index}"), Arc::clone(operator))?;
            builder.connect(port, node)?;
            port = node;
        }
        Ok(builder.build()?)
    }
}

/// Some of gray, blur, Sobel and threshold, which ones by the bits of a number.
fn stencil(random: &mut Random, which: u64) -> anyhow::Result<Chain> {
    let channels = random.pick(&[1, 3, 4]);
    let mut chain = Chain::new(ImageShape::u8(random.side(), random.side(), channels));
    if which & 1 != 0 {
        chain.color(random, true)?;
    }
    if which & 2 != 0 {
        // The sizes with kernels of their own, and at times any.
        let size = match random.within(0, 3) {
            0 => random.within(1, 15) * 2 + 1,
            _ => random.pick(&[3, 5, 7, 9]),
        };
        chain.push(GaussianBlur::new(size)?)?;
    }
    if which & 4 != 0 {
        chain.push(Sobel::magnitude())?;
    }
    if which & 8 != 0 {
        chain.threshold(random)?;
    }
    Ok(chain)
}

/// Color, geometry, color and threshold, normalisation: some of each, which ones by the bits of a number.
fn sample(random: &mut Random, which: u64) -> anyhow::Result<Chain> {
    let (width, height) = (random.side(), random.side());
    let nv12 = which & 1 != 0 && random.within(0, 3) == 0;
    let mut chain = Chain::new(match nv12 {
        true => ImageShape::u8(width.next_multiple_of(2), height.next_multiple_of(3), 1),
        false => ImageShape::u8(width, height, random.pick(&[1, 3, 4])),
    });
    match which & 1 != 0 {
        true if nv12 => chain.push(Nv12ToRgb::new())?,
        true => {
            let to_gray = random.within(0, 1) == 0;
            chain.color(random, to_gray)?;
        }
        false => {}
    }
    if which & 2 != 0 {
        for _ in 0..random.within(1, 3) {
            chain.geometry(random)?;
        }
    }
    if which & 4 != 0 {
        for _ in 0..random.within(1, 3) {
            match random.within(0, 2) {
                0 => chain.threshold(random)?,
                number => chain.color(random, number == 1)?,
            }
        }
    }
    if which & 8 != 0 {
        chain.normalize(random)?;
    }
    Ok(chain)
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let rounds = context.cases(32, 480);
    let (mut images, mut bytes, mut replayed) = (0, 0, 0);
    let mut hits: BTreeMap<&'static str, usize> = BTreeMap::new();
    let kind = context.cuda.kind();
    for rule in RULES.iter().filter(|rule| rule.device == kind) {
        hits.insert(rule.name, 0);
    }
    for round in rounds.clone() {
        let mut random = Random::new(context.seed.wrapping_mul(15_485_863).wrapping_add(round));
        // All combinations of parts, in turns for both patterns.
        let chain = match round % 2 {
            0 => stencil(&mut random, round / 2)?,
            _ => sample(&mut random, round / 2)?,
        };
        if chain.operators.is_empty() {
            continue;
        }
        let (input, count) = (chain.input, random.within(1, 5));
        let pipeline = chain.pipeline()?;
        let config = RunnerConfig::default()
            .with_max_batch(random.within(1, 5))
            .with_allocator(random.pick(&AllocatorMode::ALL));
        let failed = || Case {
            number: round,
            what: format!(
                "round {round} (seed {}), {count} x {input}, {config:?}, {:?}",
                context.seed, chain.operators
            ),
        };
        let plan = pipeline
            .describe(Some(&[input]), count, 1, &context.cuda)
            .with_context(failed)?;
        for run in plan.fusion.iter().flat_map(|fusion| &fusion.runs) {
            *hits.entry(run.rule).or_default() += 1;
        }
        let single = pipeline.with_fusion(false);
        let mut host = Runner::new(single.clone(), &context.host, RunnerConfig::default())?;
        let runner = |pipeline: &Pipeline, mode| {
            Runner::new(
                pipeline.clone(),
                &context.cuda,
                config.clone().with_execution(mode),
            )
        };
        let mut runners = [
            ("node by node", runner(&single, ExecutionMode::Direct)?),
            ("fused, direct", runner(&pipeline, ExecutionMode::Direct)?),
            ("fused, replay", runner(&pipeline, ExecutionMode::Replay)?),
        ];
        for turn in 0..5 {
            let frames: Vec<Image> = (0..count)
                .map(|_| Image::new(input, random.bytes(input.bytes())))
                .collect::<Result<_, _>>()?;
            let frames: Vec<&Image> = frames.iter().collect();
            let expected = host.run(&frames).with_context(failed)?;
            for (name, runner) in &mut runners {
                let got = runner.run(&frames).with_context(failed)?;
                bytes += compare(&format!("{name}, turn {turn}"), &expected, &got)
                    .with_context(failed)?;
                images += frames.len();
            }
        }
        let statistics = runners[1].1.statistics();
        let nodes = pipeline.nodes().len() as u64;
        ensure!(
            statistics.node_launches == statistics.batches * nodes,
            "round {round}: {nodes} nodes were counted {} times in {} batches",
            statistics.node_launches,
            statistics.batches
        );
        replayed += runners[2].1.replay_statistics().replayed;
    }
    if context.case.is_none() {
        ensure!(replayed > 0, "nothing was replayed");
        for (rule, count) in &hits {
            ensure!(*count > 0, "the rule {rule} was never used");
        }
    }
    let hits: Vec<_> = hits
        .iter()
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    Ok(format!(
        "{} chains equal fused and not, over {images} images, direct and replayed ({replayed} replays), {bytes} bytes; runs by \
         rule: {}",
        rounds.count(),
        hits.join(", ")
    ))
}

fn compare(what: &str, expected: &BatchOutputs, got: &BatchOutputs) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for ((name, expected), (_, got)) in expected.outputs().zip(got.outputs()) {
        let expected = expected.map_err(|failure| anyhow!("{what}: {failure}"))?;
        let got = got.map_err(|failure| anyhow!("{what}: {failure}"))?;
        ensure!(expected.len() == got.len(), "{what}: not as many images");
        for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
            let what = format!("{what}, output {name}, image {index}");
            ensure!(expected.shape() == got.shape(), "{what}: another shape");
            equal_image(&what, expected.shape(), expected.data(), got.data())?;
            bytes += got.data().len();
        }
    }
    Ok(bytes)
}

//! Random chains of operators that fusion rules take, drawn from the samplers of the operators.

use anyhow::Context as _;
use pixelflume::ops::registry::OPERATORS;
use pixelflume::ops::spec::{OperatorSpec, Part};
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;
use std::sync::Arc;

/// The most draws for one operator of a chain.
const DRAWS: usize = 200;

/// Operators of which each one takes the result of the one before.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The input shape of the first operator.
    pub(crate) input: ImageShape,
    /// The output shape of the last operator.
    pub(crate) output: ImageShape,
    pub(crate) operators: Vec<Arc<dyn Operator>>,
}

impl Chain {
    pub(crate) fn new(input: ImageShape) -> Self {
        Chain {
            input,
            output: input,
            operators: Vec::new(),
        }
    }

    /// Adds a random operator of this part whose output `fits`; adds none where no operator of the part accepts the image.
    pub(crate) fn push(
        &mut self,
        random: &mut Random,
        part: Part,
        fits: impl Fn(ImageShape) -> bool,
    ) -> anyhow::Result<()> {
        let specs = OPERATORS.iter().copied();
        let specs: Vec<&OperatorSpec> = specs
            .filter(|spec| spec.testing.part == Some(part))
            .collect();
        for _ in 0..DRAWS {
            let mut shape = self.output;
            let operator = (random.pick(&specs).testing.sample)(random, &mut shape)?;
            if shape != self.output && !self.operators.is_empty() {
                continue;
            }
            let plan = operator.plan(&[shape]).context("a sampler")?;
            // Not every type of a threshold and not every coding of a video has a stage.
            if plan.stage().is_none() {
                continue;
            }
            let output = plan.output();
            if fits(output) {
                if self.operators.is_empty() {
                    self.input = shape;
                }
                self.output = output;
                self.operators.push(operator);
                break;
            }
        }
        Ok(())
    }

    /// Adds a random operator of this part whose output the next part can take: interleaved 8-bit samples, but for the last part.
    pub(crate) fn push_any(&mut self, random: &mut Random, part: Part) -> anyhow::Result<()> {
        self.push(random, part, |output| {
            let is_u8 = output.sample == SampleType::U8 && output.layout == Layout::Interleaved;
            part == Part::Final || is_u8
        })
    }

    /// A chain of gray, blur, derivative and threshold; the bits of `which` select them.
    pub(crate) fn stencil(
        random: &mut Random,
        input: ImageShape,
        which: u64,
    ) -> anyhow::Result<Self> {
        let mut chain = Chain::new(input);
        if which & 1 != 0 && input.channels > 1 {
            chain.push(random, Part::Color, |output| output.channels == 1)?;
        }
        if which & 2 != 0 {
            chain.push_any(random, Part::Blur)?;
        }
        if which & 4 != 0 {
            let is_u8 = |output: ImageShape| output.sample == SampleType::U8;
            chain.push(random, Part::Derivative, is_u8)?;
        }
        if which & 8 != 0 {
            chain.push_any(random, Part::Pointwise)?;
        }
        Ok(chain)
    }

    /// A chain of color or video conversion, geometry, color and threshold, and floating point; the bits of `which` select
    /// them.
    pub(crate) fn sample(
        random: &mut Random,
        input: ImageShape,
        which: u64,
    ) -> anyhow::Result<Self> {
        let mut chain = Chain::new(input);
        if which & 1 != 0 {
            let part = random.pick(&[Part::Source, Part::Color, Part::Color, Part::Color]);
            chain.push_any(random, part)?;
        }
        if which & 2 != 0 {
            for _ in 0..random.within(1, 3) {
                chain.push_any(random, Part::Geometry)?;
            }
        }
        if which & 4 != 0 {
            for _ in 0..random.within(1, 3) {
                let part = random.pick(&[Part::Pointwise, Part::Color]);
                chain.push_any(random, part)?;
            }
        }
        if which & 8 != 0 {
            chain.push_any(random, Part::Final)?;
        }
        Ok(chain)
    }

    /// The chain as a pipeline with one input.
    pub(crate) fn pipeline(&self) -> anyhow::Result<Pipeline> {
        let mut builder = PipelineBuilder::new("chain");
        let mut port = builder.input("input")?;
        for (index, operator) in self.operators.iter().enumerate() {
            let node = builder.add_boxed(&format!("node{index}"), Arc::clone(operator))?;
            builder.connect(port, node)?;
            port = node;
        }
        Ok(builder.build()?)
    }
}

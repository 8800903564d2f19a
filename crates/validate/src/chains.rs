//! Random chains of operators that fusion rules take, drawn from the samplers of the operators.

use anyhow::Context as _;
use pixelflume::ops::registry::OPERATORS;
use pixelflume::ops::spec::{OperatorSpec, Part};
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;
use std::sync::Arc;

/// The most draws for one operator of a chain.
const DRAWS: usize = 200;

/// Operators one after the other.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The shape that the first operator takes.
    pub(crate) input: ImageShape,
    /// The shape that the last one gives.
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

    /// Adds a random operator of this part whose output fits; none where no operator of the part takes the image.
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
            let output = operator.plan(&[shape]).context("a sampler")?.output();
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

    /// The same with any output.
    pub(crate) fn push_any(&mut self, random: &mut Random, part: Part) -> anyhow::Result<()> {
        self.push(random, part, |_| true)
    }

    /// Gray, blur, derivative and threshold of an image: which of them, by the bits of a number.
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

    /// Color or video, geometry, color and threshold, floating point: which of them, by the bits of a number.
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

    /// The chain as a pipeline of one input.
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

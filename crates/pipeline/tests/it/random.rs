//! Random pipelines of the built-in operators.

use pixelflume_ops::{
    AbsDiff, Blend, Color, ColorConversion, GaussianBlur, ImageShape, Interpolation, Operator,
    Resize, Sobel,
};
use pixelflume_pipeline::{Pipeline, PipelineBuilder, Port};
use std::sync::Arc;

/// Random numbers from a seed (xorshift64*).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end as u64) as usize
    }

    pub(crate) fn side(&mut self, most: usize) -> u32 {
        1 + self.below(most) as u32
    }
}

/// A pipeline of `nodes` nodes, each of which reads any of the inputs and nodes before it, and the shapes of its inputs.
pub(crate) fn pipeline(nodes: usize, random: &mut Random) -> (Pipeline, Vec<ImageShape>) {
    let mut builder = PipelineBuilder::new("random");
    let mut ports: Vec<(Port, ImageShape)> = Vec::new();
    let inputs: Vec<ImageShape> = (0..nodes.min(1 + random.below(2)))
        .map(|_| ImageShape::u8(random.side(40), random.side(40), [1, 3, 4][random.below(3)]))
        .collect();
    for (index, &shape) in inputs.iter().enumerate() {
        ports.push((builder.input(&format!("in{index}")).unwrap(), shape));
    }
    let mut read = Vec::new();
    for index in 0..nodes {
        // Every input is read by somebody.
        let from = match index < inputs.len() {
            true => index,
            false => random.below(ports.len()),
        };
        let (port, shape) = ports[from];
        let equal: Vec<Port> = ports
            .iter()
            .filter(|(_, other)| *other == shape)
            .map(|(port, _)| *port)
            .collect();
        let (operator, second): (Arc<dyn Operator>, _) = match random.below(7) {
            0 => {
                let resize = Resize::new(random.side(40), random.side(40)).unwrap();
                let interpolation = Interpolation::ALL[random.below(2)];
                (Arc::new(resize.interpolation(interpolation)), None)
            }
            1 => (Arc::new(Sobel::magnitude()), None),
            2 => {
                let fits: Vec<_> = ColorConversion::ALL
                    .into_iter()
                    .filter(|conversion| conversion.source_channels() == shape.channels)
                    .collect();
                (Arc::new(Color::new(fits[random.below(fits.len())])), None)
            }
            3 => (Arc::new(AbsDiff::new()), Some(())),
            4 => {
                let alpha = random.below(100) as f64 / 99.0;
                (Arc::new(Blend::new(alpha).unwrap()), Some(()))
            }
            _ => {
                let size = 3 + 2 * random.below(4) as u32;
                (Arc::new(GaussianBlur::new(size).unwrap()), None)
            }
        };
        let second = second.map(|()| equal[random.below(equal.len())]);
        let shapes = vec![shape; operator.input_count()];
        let output = operator.plan(&shapes).unwrap().output();
        let node = builder.add_boxed(&format!("n{index}"), operator).unwrap();
        builder.connect(port, node).unwrap();
        read.extend([Some(port), second].into_iter().flatten());
        if let Some(second) = second {
            builder.connect(second, node).unwrap();
        }
        ports.push((node, output));
    }
    // At times some of the nodes that others read, beside all that nobody reads.
    if random.below(2) == 0 {
        for (port, _) in &ports[inputs.len()..] {
            if !read.contains(port) || random.below(3) == 0 {
                builder.output(*port).unwrap();
            }
        }
    }
    (builder.build().unwrap(), inputs)
}

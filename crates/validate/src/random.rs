//! Random cases that a seed repeats.

use pixelflume::ops::{
    AbsDiff, Blend, BoxBlur, CenterCrop, Crop, Dilate, Erode, Flip, FlipAxis, Laplacian,
    LaplacianOutput, Letterbox, MedianBlur, Normalize, Nv12ToRgb, Pad, PadMode, Threshold,
    WarpAffine,
};
use pixelflume::prelude::*;
use std::sync::Arc;

/// The generator splitmix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `low..=high`.
    pub(crate) fn within(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % (u64::from(high - low) + 1)) as u32
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }

    /// A side of an image: often tiny, mostly moderate, at times wider than any tile.
    pub(crate) fn side(&mut self) -> u32 {
        match self.within(0, 9) {
            0 => 1,
            1 | 2 => self.within(1, 8),
            3..=7 => self.within(1, 130),
            8 => self.within(100, 400),
            _ => self.within(500, 1100),
        }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }

    /// An operator that takes images of this shape for each of its inputs; the shape becomes another where it must.
    pub(crate) fn operator(&mut self, shape: &mut ImageShape) -> anyhow::Result<Arc<dyn Operator>> {
        Ok(match self.within(0, 18) {
            0 => {
                let resize = Resize::new(self.side(), self.side())?;
                Arc::new(resize.interpolation(self.pick(&Interpolation::ALL)))
            }
            1 => {
                let fitting: Vec<_> = ColorConversion::ALL
                    .into_iter()
                    .filter(|c| c.source_channels() == shape.channels)
                    .collect();
                Arc::new(Color::new(self.pick(&fitting)))
            }
            2 => {
                let blur = GaussianBlur::new(self.size())?;
                match self.within(0, 1) {
                    0 => Arc::new(blur),
                    _ => Arc::new(blur.sigma(f64::from(self.within(1, 80)) / 10.0)?),
                }
            }
            3 => Arc::new(Sobel::new(self.pick(&SobelOutput::ALL))),
            4 => Arc::new(AbsDiff::new()),
            5 => Arc::new(Blend::new(f64::from(self.within(0, 1000)) / 1000.0)?),
            6 => {
                let threshold = Threshold::new(self.byte());
                Arc::new(threshold.with_maximum(self.byte()))
            }
            7 => Arc::new(Flip::new(self.pick(&FlipAxis::ALL))),
            8 => {
                let (x, y) = (self.below(shape.width), self.below(shape.height));
                let width = self.within(1, shape.width - x);
                let height = self.within(1, shape.height - y);
                Arc::new(Crop::new(x, y, width, height)?)
            }
            9 => {
                let width = self.within(1, shape.width);
                Arc::new(CenterCrop::new(width, self.within(1, shape.height))?)
            }
            10 => {
                let [left, top, right, bottom] = [0; 4].map(|_| match self.within(0, 2) {
                    0 => 0,
                    _ => self.within(0, 90),
                });
                let pad = Pad::new(left, top, right, bottom).mode(self.pick(&PadMode::ALL));
                Arc::new(pad.value([0; 4].map(|_: u8| self.byte())))
            }
            11 => {
                let letterbox = Letterbox::new(self.side(), self.side())?;
                Arc::new(letterbox.value([0; 4].map(|_: u8| self.byte())))
            }
            12 => Arc::new(BoxBlur::new(self.size())?),
            13 => match self.within(0, 1) {
                0 => Arc::new(Erode::new(self.size())?),
                _ => Arc::new(Dilate::new(self.size())?),
            },
            14 => Arc::new(Laplacian::new(self.pick(&LaplacianOutput::ALL))),
            15 => Arc::new(MedianBlur::new(self.pick(&[3, 5]))?),
            16 => {
                let number = |random: &mut Self| f64::from(random.within(1, 2000)) / 1000.0;
                let channels = shape.channels as usize;
                let mean: Vec<f64> = (0..channels).map(|_| number(self) - 1.0).collect();
                let std: Vec<f64> = (0..channels).map(|_| number(self)).collect();
                let normalize = Normalize::new(&mean, &std)?
                    .scale(self.pick(&[1.0 / 255.0, 1.0]))?
                    .sample(self.pick(&[SampleType::F32, SampleType::F16]))?;
                Arc::new(normalize.layout(self.pick(&[Layout::Interleaved, Layout::Planar])))
            }
            17 => {
                let (width, height) = (self.side(), self.side());
                let matrix = self.matrix(*shape);
                let inverse = self.within(0, 1) == 1;
                // Hardly ever is a random matrix singular; seen from the output it may be.
                let warp = WarpAffine::with_direction(matrix, inverse, width, height)
                    .or_else(|_| WarpAffine::inverse_map(matrix, width, height))?;
                Arc::new(warp.value([0; 4].map(|_: u8| self.byte())))
            }
            _ => {
                let width = shape.width.next_multiple_of(2);
                *shape = ImageShape::u8(width, shape.height.next_multiple_of(3), 1);
                Arc::new(Nv12ToRgb::new())
            }
        })
    }

    /// An odd size of a window, 3 to 31.
    fn size(&mut self) -> u32 {
        self.within(1, 15) * 2 + 1
    }

    /// Turns, scales and moves images of this shape, mostly to where something of them is seen; at times anything.
    fn matrix(&mut self, shape: ImageShape) -> [f64; 6] {
        let mut number = |low: f64, high: f64| {
            low + (high - low) * f64::from(self.within(0, u32::MAX)) / f64::from(u32::MAX)
        };
        if number(0.0, 1.0) < 0.1 {
            return [0.0; 6].map(|_: f64| number(-1e6, 1e6));
        }
        let (sin, cos) = number(-4.0, 4.0).sin_cos();
        let scale = number(0.3, 3.0);
        let (width, height) = (f64::from(shape.width), f64::from(shape.height));
        let (x, y) = (number(-width, width), number(-height, height));
        [scale * cos, -scale * sin, x, scale * sin, scale * cos, y]
    }

    fn byte(&mut self) -> u8 {
        self.within(0, 255) as u8
    }

    fn below(&mut self, count: u32) -> u32 {
        self.within(0, count - 1)
    }
}

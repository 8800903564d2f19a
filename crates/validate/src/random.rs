//! Random cases that a seed repeats.

use pixelflume::ops::{AbsDiff, Blend};
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

    /// An operator that takes images of `channels` channels, for each of its inputs.
    pub(crate) fn operator(&mut self, channels: u32) -> anyhow::Result<Arc<dyn Operator>> {
        Ok(match self.within(0, 5) {
            0 => {
                let resize = Resize::new(self.side(), self.side())?;
                Arc::new(resize.interpolation(self.pick(&Interpolation::ALL)))
            }
            1 => {
                let fitting: Vec<_> = ColorConversion::ALL
                    .into_iter()
                    .filter(|c| c.source_channels() == channels)
                    .collect();
                Arc::new(Color::new(self.pick(&fitting)))
            }
            2 => {
                let blur = GaussianBlur::new(self.within(1, 15) * 2 + 1)?;
                match self.within(0, 1) {
                    0 => Arc::new(blur),
                    _ => Arc::new(blur.sigma(f64::from(self.within(1, 80)) / 10.0)?),
                }
            }
            3 => Arc::new(AbsDiff::new()),
            4 => Arc::new(Blend::new(f64::from(self.within(0, 1000)) / 1000.0)?),
            _ => Arc::new(Sobel::new(self.pick(&SobelOutput::ALL))),
        })
    }
}

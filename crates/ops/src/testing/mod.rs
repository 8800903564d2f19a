//! Random numbers for tests: the same seed gives the same cases.

use crate::image::{ImageShape, Layout, SampleType};

/// The random generator splitmix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next 64 bits.
    #[expect(
        clippy::should_implement_trait,
        reason = "a generator without end is not read by loops"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `low..=high`.
    pub fn within(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % (u64::from(high - low) + 1)) as u32
    }

    /// A floating point number from `low` to `high`.
    pub fn number(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * f64::from(self.within(0, u32::MAX)) / f64::from(u32::MAX)
    }

    /// One of some values.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }

    /// A sample, or any byte.
    pub fn byte(&mut self) -> u8 {
        self.within(0, 255) as u8
    }

    /// A color of four channels.
    pub fn color(&mut self) -> [u8; 4] {
        [0; 4].map(|_: u8| self.byte())
    }

    /// A constant pixel for images of this sample type: one number for all channels, or one for each of four.
    pub fn constant(&mut self, sample: SampleType) -> Vec<f64> {
        let count = self.pick(&[1, 4]);
        let number = |random: &mut Random| match sample {
            SampleType::U8 | SampleType::I16 | SampleType::I32 => random.byte().into(),
            _ => random.number(-3.0, 3.0),
        };
        (0..count).map(|_| number(self)).collect()
    }

    /// Sometimes changes a shape to another sample type and layout, for operators that take all of them.
    pub fn any_type(&mut self, shape: &mut ImageShape) {
        if self.within(0, 2) == 0 {
            use SampleType::{Bf16, F16, F32, I16, U8};
            shape.sample = self.pick(&[U8, I16, F16, Bf16, F32]);
            shape.layout = self.pick(&[Layout::Interleaved, Layout::Planar]);
        }
    }

    /// An odd number of `low..=high`, which are odd.
    pub fn odd(&mut self, low: u32, high: u32) -> u32 {
        self.within(low / 2, high / 2) * 2 + 1
    }

    /// A side of an image: often tiny, mostly moderate, at times wider than any tile.
    pub fn side(&mut self) -> u32 {
        match self.within(0, 9) {
            0 => 1,
            1 | 2 => self.within(1, 8),
            3..=7 => self.within(1, 130),
            8 => self.within(100, 400),
            _ => self.within(500, 1100),
        }
    }

    /// A part of a side of an image: its first pixel, and its length.
    pub fn part(&mut self, side: u32) -> (u32, u32) {
        let first = self.within(0, side - 1);
        (first, self.within(1, side - first))
    }

    /// Bytes, for images.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

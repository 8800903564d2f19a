//! Random numbers as pure functions. Operators draw theirs by a seed, a stream, and the image that they are drawn for.

mod parameters;
mod philox;
pub(crate) mod ranges;
pub(crate) mod rectangles;

pub(crate) use parameters::{SEED, STREAM, Stream, stream_parameters};

pub use philox::philox4x32;

/// The random operators, each with the number by which the counters of its [`Draws`] differ from those of the others.
#[derive(Copy, Clone, Debug)]
#[repr(u32)]
pub(crate) enum RandomOperator {
    ResizedCrop = 1,
    Crop = 2,
    Flip = 3,
    Affine = 4,
    Erasing = 5,
    ColorJitter = 6,
    Gray = 7,
}

/// The random numbers of one image for one operator, one after the other.
///
/// They are the words of [`philox4x32`], four for each block. The key is (seed, stream). The counter is (low half of the image's
/// index, high half, epoch modulo 2^32, operator * 256 + block). So two operators share numbers only where they are of one kind
/// and have the same seed and stream, and then they draw the same.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    key: [u32; 2],
    /// The counter of the next block.
    counter: [u32; 4],
    /// The numbers of the last block that were not drawn yet are the last `left` ones.
    numbers: [u64; 2],
    left: usize,
}

impl Draws {
    /// The numbers that the operator draws for the image of this index in this pass over the data set.
    pub(crate) fn new(operator: RandomOperator, stream: Stream, epoch: u64, index: u64) -> Self {
        let counter = [
            index as u32,
            (index >> 32) as u32,
            epoch as u32,
            (operator as u32) << 8,
        ];
        Draws {
            key: [stream.seed, stream.stream],
            counter,
            numbers: [0; 2],
            left: 0,
        }
    }

    /// The next 64 bits: two words of a block, the first of which is the higher half. No operator draws more than 256 blocks.
    fn bits(&mut self) -> u64 {
        if self.left == 0 {
            let [a, b, c, d] = philox4x32(self.counter, self.key).map(u64::from);
            self.numbers = [(a << 32) | b, (c << 32) | d];
            self.left = 2;
            self.counter[3] += 1;
        }
        self.left -= 1;
        self.numbers[1 - self.left]
    }

    /// A number from 0 to below 1: a multiple of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, [low, high]: [f64; 2]) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An integer of `0..count`, which is at least 1: the product of 64 bits and `count`, divided by 2^64.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(count)) >> 64) as u32
    }
}

#[cfg(test)]
mod tests;

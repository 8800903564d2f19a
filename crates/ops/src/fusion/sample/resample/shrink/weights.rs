//! The weights of the horizontal pass, in the order in which the lanes of a warp take them.
//!
//! A step is 64 bytes of a row, in 16 chunks of four. Chunk `t` has the bytes from `16 (t % 4) + 4 (t / 4)` on: a matrix instruction adds
//! up products of positions in any order, so that pixels and weights need only be in the same one, and in this one a lane takes 16
//! bytes of pixels with one load. Lane `l` has samples `l / 4` and `l / 4 + 8`.

use crate::fusion::sample::resample::entries::{Sampled, digit};

/// Bytes of a row in a step.
pub(super) const STEP_BYTES: u32 = 64;
/// Chunks of a step.
const CHUNKS: u32 = 16;

/// 16 samples of a row of the output, at 64 bytes of a row of the source.
pub(super) struct Step<'a> {
    /// The columns of the samples; fewer make samples of weight 0.
    pub(super) columns: &'a [Sampled<'a>],
    /// Samples of a column, and bytes of a pixel.
    pub(super) channels: u32,
    /// The first byte of the row.
    pub(super) byte: u32,
    /// Digits of a weight.
    pub(super) planes: u32,
}

impl Step<'_> {
    /// The number of words that `add_to` adds.
    pub(super) fn words(channels: u32, planes: u32) -> u32 {
        match channels {
            1 => 256 * planes,
            _ => 128 * planes + 32,
        }
    }

    /// Adds the words of the step.
    pub(super) fn add_to(&self, words: &mut Vec<u32>) {
        match self.channels {
            1 => self.add_dense(words),
            _ => self.add_sparse(words),
        }
    }

    /// The digit of a sample's weight at a byte of the step. It is zero at the bytes of other channels.
    fn digit(&self, sample: u32, place: u32, plane: u32) -> u8 {
        let position = self.byte + place;
        let column = self.columns.get((sample / self.channels) as usize);
        let column = column.filter(|_| sample % self.channels == position % self.channels);
        let weight = column.map_or(0, |column| column.weight(position / self.channels));
        digit(weight, plane, self.planes)
    }

    /// Adds all weights: for each digit, for each of two instructions `mma.m16n8k32`, which take eight chunks each, four words for each
    /// lane.
    fn add_dense(&self, words: &mut Vec<u32>) {
        for plane in 0..self.planes {
            for half in 0..2 {
                for lane in 0..32 {
                    for word in 0..2 {
                        let first = first_of(8 * half + 4 * word + lane % 4);
                        for sample in [lane / 4, lane / 4 + 8] {
                            let bytes = [0, 1, 2, 3].map(|i| self.digit(sample, first + i, plane));
                            words.push(u32::from_le_bytes(bytes));
                        }
                    }
                }
            }
        }
    }

    /// Adds the weights as the first factor of `mma.sp.m16n8k64`, which takes two of the four weights of each chunk, and metadata that say
    /// which. More cannot be other than zero, since three and more channels take turns. For each digit four words for each lane, then
    /// a word of metadata for each lane.
    fn add_sparse(&self, words: &mut Vec<u32>) {
        for plane in 0..self.planes {
            for lane in 0..32 {
                for word in 0..4 {
                    let sample = lane / 4 + word % 2 * 8;
                    let bytes = [0, 1, 2, 3].map(|i| {
                        let chunk = word / 2 * 8 + lane % 4 * 2 + i / 2;
                        let place = self.pair(sample, chunk)[i as usize % 2];
                        self.digit(sample, first_of(chunk) + place, plane)
                    });
                    words.push(u32::from_le_bytes(bytes));
                }
            }
        }
        for lane in 0..32 {
            // The four lanes of a row have those of its first eight chunks, of the row eight below, and of the other chunks of both.
            let sample = lane / 4 + lane % 2 * 8;
            let metadata = (0..CHUNKS / 2).map(|chunk| {
                let [first, second] = self.pair(sample, lane % 4 / 2 * 8 + chunk);
                (first | second << 2) << (4 * chunk)
            });
            words.push(metadata.fold(0, |word, nibble| word | nibble));
        }
    }

    /// Two bytes of a chunk, ascending: those of the channel of a sample, which are at most two of at least three channels, and
    /// another one where it has fewer.
    fn pair(&self, sample: u32, chunk: u32) -> [u32; 2] {
        let byte = self.byte + first_of(chunk);
        let mut own = (0..4).filter(|i| (byte + i) % self.channels == sample % self.channels);
        match (own.next(), own.next()) {
            (Some(first), Some(second)) => [first, second],
            (Some(0) | None, _) => [0, 1],
            (Some(single), None) => [0, single],
        }
    }
}

/// The first byte of a chunk in its step.
fn first_of(chunk: u32) -> u32 {
    chunk % 4 * 16 + chunk / 4 * 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The dense words of a step from the sparse ones, as `Weights::expand` in `shrink_columns.cuh` makes them for GPUs without sparse
    /// instructions.
    fn expanded(sparse: &[u32], planes: u32) -> Vec<u32> {
        let (values, metadata) = sparse.split_at(128 * planes as usize);
        let mut dense = Vec::new();
        for plane in 0..planes {
            for half in 0..2 {
                for lane in 0..32 {
                    let (row, q) = (lane / 4 * 4, lane % 4);
                    for word in 0..2 {
                        for upper in 0..2 {
                            let from = 32 * plane + row + 2 * word + q / 2;
                            let two =
                                values[(4 * from + 2 * half + upper) as usize] >> (16 * (q % 2));
                            let places =
                                metadata[(row + 2 * half + upper) as usize] >> (4 * (4 * word + q));
                            let (first, second) = (places & 3, places >> 2 & 3);
                            assert!(first < second, "the instruction takes ascending positions");
                            dense.push(
                                (two & 255) << (8 * first) | (two >> 8 & 255) << (8 * second),
                            );
                        }
                    }
                }
            }
        }
        dense
    }

    #[test]
    fn sparse_weights_are_the_dense_ones() {
        let mut random = Random::new(5);
        for _ in 0..200 {
            let channels = random.pick(&[3, 4]);
            let planes = random.pick(&[2, 3]);
            let most = (1i64 << (8 * planes - 1)) as u32;
            let weights: Vec<Vec<i32>> = (0..random.within(1, 16 / channels))
                .map(|_| {
                    let count = random.within(1, 40);
                    (0..count)
                        .map(|_| random.within(0, 2 * most - 1).wrapping_sub(most) as i32)
                        .collect()
                })
                .collect();
            let byte = 16 * random.within(0, 40);
            let columns: Vec<_> = weights
                .iter()
                .map(|weights| Sampled {
                    at: 0,
                    first: (byte / channels).saturating_sub(9) + random.within(0, 30),
                    weights,
                })
                .collect();
            let step = Step {
                columns: &columns,
                channels,
                byte,
                planes,
            };
            let (mut dense, mut sparse) = (Vec::new(), Vec::new());
            step.add_dense(&mut dense);
            step.add_sparse(&mut sparse);
            assert_eq!(sparse.len() as u32, Step::words(channels, planes));
            assert_eq!(expanded(&sparse, planes), dense);
        }
    }
}

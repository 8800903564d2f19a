//! Sums and extremes of the samples of a channel.

use super::MOST_CHANNELS;
use super::host::Total;
use fearless_simd::{Level, dispatch};

/// The samples that are added up side by side: a multiple of 1, 3 and 4 channels, and of the bytes of a vector.
const LANES: usize = 48;
/// The most samples of a lane until its sum of squares may exceed 32 bits.
const MOST_OF_LANE: usize = 1 << 16;

/// The sum of samples, the sum of their squares, and the least and the largest of them.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Moments {
    pub(crate) sum: u64,
    pub(crate) squares: u64,
    /// 255 where there are no samples.
    pub(crate) least: u8,
    /// 0 where there are no samples.
    pub(crate) most: u8,
}

impl Total for Moments {
    const NONE: Self = Moments {
        sum: 0,
        squares: 0,
        least: 255,
        most: 0,
    };

    fn add_row(level: Level, totals: &mut [Self; MOST_CHANNELS], channels: usize, row: &[u8]) {
        for block in row.chunks(LANES * MOST_OF_LANE) {
            let lanes = dispatch!(level, _ => Lanes::of(block));
            for lane in 0..LANES {
                totals[lane % channels].join(&Moments {
                    sum: lanes.sums[lane].into(),
                    squares: lanes.squares[lane].into(),
                    least: lanes.least[lane],
                    most: lanes.most[lane],
                });
            }
        }
    }

    fn join(&mut self, other: &Self) {
        self.sum += other.sum;
        self.squares += other.squares;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }
}

/// The moments of every `LANES`th sample.
struct Lanes {
    sums: [u32; LANES],
    squares: [u32; LANES],
    least: [u8; LANES],
    most: [u8; LANES],
}

impl Lanes {
    /// Those of at most `LANES * MOST_OF_LANE` samples.
    #[inline(always)]
    fn of(samples: &[u8]) -> Self {
        let mut lanes = Lanes {
            sums: [0; LANES],
            squares: [0; LANES],
            least: [255; LANES],
            most: [0; LANES],
        };
        let (chunks, rest) = samples.as_chunks::<LANES>();
        for chunk in chunks {
            lanes.add(chunk);
        }
        lanes.add(rest);
        lanes
    }

    #[inline(always)]
    fn add(&mut self, samples: &[u8]) {
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        for ((sum, squares), &sample) in sums.zip(samples) {
            let sample = u32::from(sample);
            *sum += sample;
            *squares += sample * sample;
        }
        let extremes = self.least.iter_mut().zip(&mut self.most);
        for ((least, most), &sample) in extremes.zip(samples) {
            *least = (*least).min(sample);
            *most = (*most).max(sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{levels, noise};

    fn plainly(channels: usize, row: &[u8]) -> [Moments; MOST_CHANNELS] {
        let mut totals = [Moments::NONE; MOST_CHANNELS];
        for (i, &sample) in row.iter().enumerate() {
            totals[i % channels].join(&Moments {
                sum: sample.into(),
                squares: u64::from(sample) * u64::from(sample),
                least: sample,
                most: sample,
            });
        }
        totals
    }

    #[test]
    fn every_instruction_set_adds_up_the_same() {
        for channels in [1, 3, 4] {
            for pixels in [1, 2, 11, 16, 48, 1001] {
                let row = noise(pixels * channels);
                for level in levels() {
                    let mut totals = [Moments::NONE; MOST_CHANNELS];
                    Moments::add_row(level, &mut totals, channels, &row);
                    assert_eq!(totals, plainly(channels, &row), "{level:?}");
                }
            }
        }
    }

    /// More samples than the sums of a lane hold.
    #[test]
    fn sums_of_the_largest_samples_fit() {
        let row = vec![255; LANES * MOST_OF_LANE + 8];
        let mut totals = [Moments::NONE; MOST_CHANNELS];
        Moments::add_row(Level::new(), &mut totals, 4, &row);
        let count = row.len() as u64 / 4;
        let expected = Moments {
            sum: count * 255,
            squares: count * 255 * 255,
            least: 255,
            most: 255,
        };
        assert_eq!(totals, [expected; 4]);
    }
}

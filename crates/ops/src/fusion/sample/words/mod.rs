//! The tables of `sample_words.cu`, the kernel for bilinear resizes that enlarge.

#[cfg(test)]
pub(super) mod model;

use super::chain::{Chain, Weights};
use crate::contract::stage::{SampleSource, Tap};
use crate::image::{ImageShape, Layout, SampleType};
use pixelflume_kernels::args::{LineTap, WordTap};

/// Most bytes of the window of a source row that the four samples of an output word are made of.
const WINDOW: u32 = 8;

/// The weights of lines are multiples of 1/2048 times this number.
const LINE_UNIT: f32 = 1.0 / 512.0;

/// The tables for a chain that is in the form for `sample_bilinear`: a `WordTap` for each word of an output row, then a `LineTap`
/// for each row. `None` where the kernel does not take the chain, or would interpolate more source rows than there are output
/// rows.
pub(super) fn tables(chain: &Chain, channels: u32, output: ImageShape) -> Option<Vec<u8>> {
    let bytes = output.sample == SampleType::U8
        && (output.layout == Layout::Interleaved || output.channels == 1);
    let plain = chain.weights == Weights::Bilinear
        && !chain.nv12
        && chain.pixels.before.is_identity()
        && chain.pixels.after.weights.is_none()
        && chain.pixels.threshold.is_none();
    if !bytes || !plain {
        return None;
    }
    let order = &chain.pixels.after.order[..output.channels as usize];
    let order: Vec<u32> = order
        .iter()
        .map(|source| match source {
            SampleSource::Channel(channel) => Some(u32::from(*channel)),
            SampleSource::Opaque => None,
        })
        .collect::<Option<_>>()?;
    let columns: Vec<Tap> = chain.columns.packed().collect();
    let lines: Vec<Tap> = chain.lines.packed().collect();
    if columns.iter().chain(&lines).any(is_constant) {
        return None;
    }
    let (lines, rows) = line_taps(&lines);
    if rows > lines.len() {
        return None;
    }
    let words = word_taps(&columns, channels, &order)?;
    Some([bytemuck::cast_slice(&words), bytemuck::cast_slice(&lines)].concat())
}

/// Whether a tap stands for a constant pixel.
fn is_constant(tap: &Tap) -> bool {
    (tap.weight0, tap.weight1) == (0, 0)
}

/// A sample of the output: its two bytes of a source row, and their weights in a word. A byte without a weight repeats the other.
struct Sample {
    bytes: [u32; 2],
    weights: u32,
}

/// The taps of all words of an output row, whose samples have the channels `order` of the source's `channels`. `None` where
/// the bytes of a word are too far apart.
fn word_taps(columns: &[Tap], channels: u32, order: &[u32]) -> Option<Vec<WordTap>> {
    let samples: Vec<Sample> = columns
        .iter()
        .flat_map(|tap| order.iter().map(move |channel| (tap, channel)))
        .map(|(tap, channel)| {
            let second = if tap.weight1 == 0 {
                tap.index0
            } else {
                tap.index1
            };
            Sample {
                bytes: [tap.index0, second].map(|index| index as u32 * channels + channel),
                weights: tap.weight0 as u32 | (tap.weight1 as u32) << 16,
            }
        })
        .collect();
    samples.chunks(4).map(word_tap).collect()
}

/// The tap of a word of one to four samples.
fn word_tap(samples: &[Sample]) -> Option<WordTap> {
    let all = || samples.iter().flat_map(|sample| sample.bytes);
    let (first, last) = (all().min()?, all().max()?);
    let bytes = last - first + 1;
    if bytes > WINDOW {
        return None;
    }
    let sample = |at: usize| &samples[at.min(samples.len() - 1)];
    let selector = |at: usize| {
        let [low, high] = sample(at).bytes.map(|byte| byte - first);
        low | high << 4
    };
    let pair = |at: usize| selector(at) | selector(at + 1) << 8;
    Some(WordTap {
        first,
        bytes,
        selectors: [pair(0), pair(2)],
        weights: [0, 1, 2, 3].map(|at| sample(at).weights),
    })
}

/// The taps of all rows, and how many source rows a thread that computes all of them interpolates. The two source rows of a tap
/// may be in either order, and one without a weight may be any: they are kept where the tap before has them.
fn line_taps(lines: &[Tap]) -> (Vec<LineTap>, usize) {
    let mut kept: Option<[i32; 2]> = None;
    let mut rows = 0;
    let taps = lines.iter().map(|tap| {
        let orders = [
            ([tap.index0, tap.index1], [tap.weight0, tap.weight1]),
            ([tap.index1, tap.index0], [tap.weight1, tap.weight0]),
        ];
        let orders = orders.map(|(mut indices, weights)| {
            for at in [0, 1] {
                if weights[at] == 0 {
                    indices[at] = kept.map_or(indices[1 - at], |kept| kept[at]);
                }
            }
            let new = |at: usize| usize::from(kept.is_none_or(|kept| kept[at] != indices[at]));
            (indices, weights, new(0) + new(1))
        });
        let [straight, swapped] = orders;
        let (indices, weights, new) = if swapped.2 < straight.2 {
            swapped
        } else {
            straight
        };
        kept = Some(indices);
        rows += new;
        let weight = |weight: i32| weight as f32 / 2048.0 * LINE_UNIT;
        LineTap {
            index0: indices[0],
            index1: indices[1],
            weight0: weight(weights[0]),
            weight1: weight(weights[1]),
        }
    });
    (taps.collect(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tap(index0: i32, index1: i32, weight0: i32, weight1: i32) -> Tap {
        Tap {
            index0,
            index1,
            weight0,
            weight1,
        }
    }

    /// Rows of a resize to twice the height, as the other kernels take them.
    fn doubled(height: i32) -> Vec<Tap> {
        let row = |y: i32| {
            let weights = if y % 2 == 0 { (512, 1536) } else { (1536, 512) };
            let above = (y - 1).div_euclid(2);
            let inside = |row: i32| row.clamp(0, height - 1);
            tap(inside(above), inside(above + 1), weights.0, weights.1)
        };
        (0..2 * height).map(row).collect()
    }

    #[test]
    fn every_source_row_is_interpolated_once() {
        let mut lines = doubled(10);
        // The first row and the last one are both rows of their tap: each is kept twice.
        assert_eq!(line_taps(&lines).1, 12);
        for tap in &mut lines {
            let mirrored = |row: i32| 9 - row;
            *tap = Tap {
                index0: mirrored(tap.index1),
                index1: mirrored(tap.index0),
                weight0: tap.weight1,
                weight1: tap.weight0,
            };
        }
        assert_eq!(line_taps(&lines).1, 12, "upside down");
    }

    #[test]
    fn a_row_without_a_weight_is_not_interpolated() {
        let lines = [
            tap(3, 4, 1000, 1048),
            tap(4, -1, 2048, 0),
            tap(5, 4, 9, 2039),
        ];
        let (taps, rows) = line_taps(&lines);
        let indices: Vec<_> = taps.iter().map(|tap| (tap.index0, tap.index1)).collect();
        assert_eq!((indices, rows), (vec![(3, 4), (3, 4), (5, 4)], 3));
        assert_eq!((taps[1].weight0, taps[1].weight1), (0.0, 1.0 / 512.0));
    }

    #[test]
    fn windows_have_at_most_eight_bytes() {
        // Columns 2 and 3 of RGB are 3 bytes apart, columns 2 and 4 are 6.
        let near = [tap(2, 3, 1024, 1024), tap(3, 4, 2048, 0)];
        let far = [tap(2, 3, 1024, 1024), tap(4, 5, 2047, 1)];
        let words = word_taps(&near, 3, &[0, 1, 2]).unwrap();
        let [first, second] = words[..] else {
            panic!("{words:?} for six samples");
        };
        assert_eq!((first.first, first.bytes), (6, 6));
        assert_eq!(first.selectors, [0x41_30, 0x33_52]);
        assert_eq!(
            first.weights,
            [
                1024 | 1024 << 16,
                1024 | 1024 << 16,
                1024 | 1024 << 16,
                2048
            ]
        );
        // The second word has two samples, and repeats the last one.
        assert_eq!((second.first, second.bytes), (10, 2));
        assert_eq!(second.selectors, [0x11_00, 0x11_11]);
        assert!(word_taps(&far, 3, &[0, 1, 2]).is_none());
        assert!(word_taps(&far, 1, &[0]).is_some());
    }
}

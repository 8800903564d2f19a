//! The tables of `sample_words.cu`.

use super::geometry::{CHUNK, Geometry};
use super::lines::Lines;
use crate::contract::stage::{SampleSource, Tap};
use crate::fusion::sample::chain::{Chain, Weights};
use crate::image::{ImageShape, Layout, SampleType};
use bytemuck::Zeroable;
use pixelflume_kernels::args::{SampleWordsArgs, WordTap, WordTile};

/// What a launch needs besides its images.
pub(super) struct Tables {
    /// A `WordTile` for each block along a row, a `WordTap` for each word of a row, a `LineTap` for each row.
    pub(super) bytes: Vec<u8>,
    pub(super) geometry: Geometry,
    /// The arguments except for the images, the address of the tables, and the strip.
    pub(super) args: SampleWordsArgs,
}

impl Tables {
    /// The tables for a chain that is in the form for `sample_bilinear`. `None` where the kernels do not take the chain, or would
    /// interpolate more source rows than there are output rows.
    pub(super) fn new(chain: &Chain, channels: u32, output: ImageShape) -> Option<Self> {
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
        let lines = Lines::new(&lines)?;
        let last = lines.taps.len() - 1;
        if lines.staged(0, last) as usize > lines.taps.len() + 2 {
            return None;
        }
        let mut words = word_taps(&columns, channels, &order);
        let threads = Geometry::threads(words.len());
        let tiles: Vec<WordTile> = words
            .chunks_mut(threads as usize)
            .map(|words| tile(words, threads))
            .collect::<Option<_>>()?;
        let bytes = [
            bytemuck::cast_slice(&tiles),
            bytemuck::cast_slice(&words),
            bytemuck::cast_slice(&lines.taps),
        ];
        Some(Tables {
            bytes: bytes.concat(),
            args: SampleWordsArgs {
                row: lines.row,
                row_step: lines.row_step,
                low: lines.low,
                high: lines.high,
                ..SampleWordsArgs::zeroed()
            },
            geometry: Geometry::new(threads, &tiles, &lines)?,
        })
    }
}

/// Whether a tap stands for a constant pixel.
fn is_constant(tap: &Tap) -> bool {
    (tap.weight0, tap.weight1) == (0, 0)
}

/// The taps of all words of an output row, whose samples have the channels `order` of the source's `channels`. The bytes are those of
/// the source row.
pub(super) fn word_taps(columns: &[Tap], channels: u32, order: &[u32]) -> Vec<WordTap> {
    let samples: Vec<(u32, u32)> = columns
        .iter()
        .flat_map(|tap| order.iter().map(move |channel| (tap, channel)))
        .map(|(tap, channel)| {
            // The second column of a tap, if it has a weight, is the one behind the first.
            let byte = tap.index0 as u32 * channels + channel;
            (byte, tap.weight0 as u32 | (tap.weight1 as u32) << 16)
        })
        .collect();
    let word = |samples: &[(u32, u32)]| {
        let sample = |at: usize| samples[at.min(samples.len() - 1)];
        WordTap {
            bytes: [0, 1, 2, 3].map(|at| sample(at).0),
            weights: [0, 1, 2, 3].map(|at| sample(at).1),
        }
    };
    samples.chunks(4).map(word).collect()
}

/// The tile of the words of a block, whose bytes become those of the tile. `None` where its threads cannot load a row at a time.
pub(super) fn tile(words: &mut [WordTap], threads: u32) -> Option<WordTile> {
    let bytes = || words.iter().flat_map(|word| word.bytes);
    let first = bytes().min()? / CHUNK * CHUNK;
    let chunks = (bytes().max()? - first) / CHUNK + 1;
    if chunks > threads {
        return None;
    }
    for byte in words.iter_mut().flat_map(|word| &mut word.bytes) {
        *byte -= first;
    }
    Some(WordTile {
        first,
        chunks,
        reciprocal: 65_536u32.div_ceil(chunks),
        rows: threads / chunks,
    })
}

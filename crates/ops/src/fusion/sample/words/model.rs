//! A model of `sample_words.cu` on the host: it reads the same tables in the same way, and checks that all that it reads was written.

use super::WordsPlan;
use super::geometry::CHUNK;
use crate::reference::Image;
use bytemuck::AnyBitPattern;
use pixelflume_device::Residency;
use pixelflume_kernels::args::{LineTap, WordTap, WordTile};

/// The output of a plan, of strips as a GPU with this many multiprocessors makes them.
pub(in super::super) fn run(
    plan: &WordsPlan,
    image: &Image<u8>,
    multiprocessors: u32,
) -> Image<u8> {
    let tables = &plan.tables;
    let gpu = Residency {
        multiprocessors,
        blocks: 16,
    };
    let (strip, grid) = tables.geometry.grid(1, 1, gpu);
    let [tiles, blocks, _] = grid.blocks.map(|blocks| blocks as usize);
    let threads = grid.threads[0] as usize;
    let row = (plan.output.width * plan.output.channels) as usize;
    let words = row.div_ceil(4);
    let (tiles, rest) = tables.bytes.split_at(tiles * size_of::<WordTile>());
    let (taps, lines) = rest.split_at(words * size_of::<WordTap>());
    let (tiles, taps, lines): (Vec<WordTile>, Vec<WordTap>, Vec<LineTap>) =
        (entries(tiles), entries(taps), entries(lines));
    assert_eq!(lines.len(), plan.output.height as usize);
    assert_eq!(tiles.len(), words.div_ceil(threads));

    let mut data = vec![0; row * lines.len()];
    let strips = lines
        .chunks(strip as usize)
        .zip(data.chunks_mut(row * strip as usize));
    assert_eq!(strips.len(), blocks);
    for (lines, data) in strips {
        for (block, (tile, taps)) in tiles.iter().zip(taps.chunks(threads)).enumerate() {
            let staged = stage(plan, image, tile, lines, threads as u32);
            let used = size_of_val(lines) + size_of::<LineTap>() + 2 * staged.concat().len();
            assert!(used <= grid.shared_bytes as usize, "{used} {grid:?}");
            for (line, data) in lines.iter().zip(data.chunks_mut(row)) {
                let data = data[block * threads * 4..].chunks_mut(4);
                for (tap, samples) in taps.iter().zip(data) {
                    let word = make(tap, line, &staged, lines[0].step);
                    samples.copy_from_slice(&word[..samples.len()]);
                }
            }
        }
    }
    Image::new(
        plan.output.width as usize,
        plan.output.height as usize,
        plan.output.channels as usize,
        data,
    )
}

/// The entries of a table.
fn entries<T: AnyBitPattern>(table: &[u8]) -> Vec<T> {
    let entries = table.chunks_exact(size_of::<T>());
    entries.map(bytemuck::pod_read_unaligned).collect()
}

/// The pairs of the rows that a block stages; those with a byte behind the end of the row have 0 there.
fn stage(
    plan: &WordsPlan,
    image: &Image<u8>,
    tile: &WordTile,
    lines: &[LineTap],
    threads: u32,
) -> Vec<Vec<[u8; 2]>> {
    let args = &plan.tables.args;
    let first = lines[0].step - 1;
    let count = lines[lines.len() - 1].step - first + 1;
    let chunk = |row: i32, column: u32| {
        let at = (args.row + args.row_step * (first + row)).clamp(args.low, args.high);
        let pitch = image.width * image.channels;
        let source = &image.data[at as usize * pitch..][..pitch];
        let byte = |at: usize| source.get(at).copied().unwrap_or(0);
        let begin = (tile.first + CHUNK * column) as usize;
        (begin..begin + CHUNK as usize).map(move |at| [byte(at), byte(at + image.channels)])
    };
    let mut rows = vec![vec![None; (tile.chunks * CHUNK) as usize]; count as usize];
    for thread in 0..threads {
        let (mut row, column) = (
            (thread * tile.reciprocal) >> 16,
            thread - ((thread * tile.reciprocal) >> 16) * tile.chunks,
        );
        if row >= tile.rows {
            continue;
        }
        while row < count as u32 {
            let pairs = chunk(row as i32, column);
            let to = &mut rows[row as usize][(column * CHUNK) as usize..];
            for (to, pair) in to.iter_mut().zip(pairs) {
                assert!(to.replace(pair).is_none(), "a chunk is loaded twice");
            }
            row += tile.rows;
        }
    }
    let loaded = |row: Vec<Option<[u8; 2]>>| row.into_iter().map(|pair| pair.expect("is loaded"));
    rows.into_iter().map(|row| loaded(row).collect()).collect()
}

/// The four samples of a word in one row of the output.
fn make(tap: &WordTap, line: &LineTap, staged: &[Vec<[u8; 2]>], first: i32) -> [u8; 4] {
    let below = (line.step - first + 1) as usize;
    let mut steps = [(line.step, below), (line.step - 1, below - 1)];
    steps.sort_by_key(|(step, _)| step & 1);
    let weights = [line.even, line.odd].map(|weight| (weight * 1_048_576.0) as u32);
    let start = f64::from(12_582_914 - (weights[0] + weights[1]) * 128);
    assert_eq!(f64::from(line.start), start);
    [0, 1, 2, 3].map(|at| {
        let part = |slot: usize| {
            let pair = staged[steps[slot].1][tap.bytes[at] as usize];
            let [a, b] = pair.map(u32::from);
            let sum = (tap.weights[at] & 0xffff) * a + (tap.weights[at] >> 16) * b;
            (weights[slot] * (sum >> 4)) >> 16
        };
        let value = (part(0) + part(1) + 2) >> 2;
        u8::try_from(value).expect("weights keep it below 256")
    })
}

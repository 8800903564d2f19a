//! A model of `sample_words.cu` on the host: it reads the same tables in the same way.

use crate::fusion::sample::SamplePlan;
use crate::reference::Image;
use bytemuck::AnyBitPattern;
use pixelflume_kernels::args::{LineTap, WordTap};

/// The output of a plan for `sample_words`. Source rows are taken from what is kept, as a thread does.
pub(in super::super) fn run(plan: &SamplePlan, image: &Image<u8>) -> Image<u8> {
    let output = plan.output;
    let row = (output.width * output.channels) as usize;
    let (words, lines) = plan.tables.split_at(row.div_ceil(4) * size_of::<WordTap>());
    let (words, lines): (Vec<WordTap>, Vec<LineTap>) = (entries(words), entries(lines));
    assert_eq!(lines.len(), output.height as usize);
    let mut kept = [(-1, Vec::new()), (-1, Vec::new())];
    let mut data = Vec::new();
    for line in &lines {
        for (kept, index) in kept.iter_mut().zip([line.index0, line.index1]) {
            if kept.0 != index {
                let interpolated = words.iter().flat_map(|tap| interpolate(image, index, tap));
                *kept = (index, interpolated.collect());
            }
        }
        let weights = [line.weight0, line.weight1].map(|weight| (weight * 1_048_576.0) as u32);
        let blended = (0..row).map(|at| {
            let part = |slot: usize| (weights[slot] * kept[slot].1[at]) >> 16;
            let value = (part(0) + part(1) + 2) >> 2;
            u8::try_from(value).expect("weights keep it below 256")
        });
        data.extend(blended);
    }
    Image::new(
        output.width as usize,
        output.height as usize,
        output.channels as usize,
        data,
    )
}

/// The entries of a table.
fn entries<T: AnyBitPattern>(table: &[u8]) -> Vec<T> {
    let entries = table.chunks_exact(size_of::<T>());
    entries.map(bytemuck::pod_read_unaligned).collect()
}

/// The four samples of a word, interpolated along x in one row.
fn interpolate(image: &Image<u8>, row: i32, tap: &WordTap) -> [u32; 4] {
    let row = usize::try_from(row).expect("a row of the source");
    let pitch = image.width * image.channels;
    let window = &image.data[row * pitch..][..pitch][tap.first as usize..][..tap.bytes as usize];
    [0, 1, 2, 3].map(|at| {
        let selector = tap.selectors[at / 2] >> (8 * (at % 2));
        let byte = |nibble: u32| u32::from(window[(nibble & 15) as usize]);
        let weights = tap.weights[at];
        ((weights & 0xffff) * byte(selector) + (weights >> 16) * byte(selector >> 4)) >> 4
    })
}

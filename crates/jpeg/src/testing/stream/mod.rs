//! Random JPEG files of arbitrary structure, made without an encoder: from coefficients, not from samples.

mod blocks;
mod codes;
mod coefficients;
mod items;
mod scan;
mod script;
mod segments;

use crate::testing::model::frame::{Component, Frame};
use crate::testing::random::Random;
use crate::testing::stream::coefficients::Size;
use crate::testing::stream::scan::TableSlots;

/// What kind of files to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything that decoders must take: 1, 3 and 4 components, many sampling factors, scans in any grouping and order.
    Any,
    /// Sequential files of one scan, as most encoders write them.
    Baseline,
    /// Images of at most 20 x 20 pixels.
    Tiny,
    /// Progressive files, whole ones.
    Progressive,
    /// Progressive files without some of their scans.
    Incomplete,
    /// Sampling factors 1 to 4 at random, most of which decoders refuse.
    Factors,
    /// Coefficients and quantizers up to the limits of 16 bits.
    Extreme,
    /// Sequential files without Huffman tables, as in motion JPEG.
    WithoutTables,
}

impl Kind {
    /// All kinds, with their names.
    pub const ALL: [(&'static str, Self); 8] = [
        ("any", Self::Any),
        ("baseline", Self::Baseline),
        ("tiny", Self::Tiny),
        ("progressive", Self::Progressive),
        ("incomplete", Self::Incomplete),
        ("factors", Self::Factors),
        ("extreme", Self::Extreme),
        ("without-tables", Self::WithoutTables),
    ];
}

/// Sampling factors of three components that libjpeg-turbo takes.
#[rustfmt::skip]
const FACTORS: [[(usize, usize); 3]; 19] = [
    [(1, 1), (1, 1), (1, 1)], [(2, 1), (1, 1), (1, 1)], [(2, 2), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1)], [(4, 2), (1, 1), (1, 1)], [(4, 2), (2, 1), (2, 1)], [(2, 2), (2, 1), (2, 1)],
    [(2, 2), (1, 2), (1, 2)], [(2, 2), (2, 1), (1, 2)], [(1, 1), (2, 2), (1, 1)], [(1, 4), (1, 1), (1, 1)],
    [(3, 1), (1, 1), (1, 1)], [(1, 3), (1, 1), (3, 1)], [(2, 4), (1, 2), (1, 1)], [(2, 2), (2, 2), (2, 2)],
    [(4, 4), (2, 2), (1, 1)], [(1, 2), (1, 1), (1, 2)], [(2, 1), (2, 1), (1, 1)],
];

/// Writes the file of a kind and a seed: the same bytes each time. No side is longer than `most_side` pixels.
pub fn write(kind: Kind, seed: u64, most_side: usize) -> Vec<u8> {
    let random = &mut Random::new(seed);
    let size = match (kind, random.below(10)) {
        (Kind::Extreme, 0..7) => Size::Extreme,
        (Kind::WithoutTables, _) | (_, 0..7) => Size::Natural,
        _ => Size::Noise,
    };
    let mut frame = frame(random, kind, most_side);
    coefficients::fill(random, &mut frame, size);
    let deepest = if size == Size::Extreme { 13 } else { 4 };
    let mut scans = match frame.is_progressive {
        true => script::progressive(random, &frame, deepest),
        false => script::sequential(random, &frame),
    };
    if kind == Kind::Incomplete {
        let kept = 1 + random.below(scans.len());
        match random.chance(70) {
            true => scans.truncate(kept),
            // Any scans are missing, also such on which later ones build.
            false => scans.retain(|_| random.chance(70)),
        }
    }
    let largest = match size {
        Size::Natural => random.pick(&[1, 4, 30, 120]),
        Size::Noise => 255,
        Size::Extreme => random.pick(&[255, 65535]),
    };

    let mut file = vec![0xff, 0xd8];
    let exif = random.chance(15).then(|| segments::exif(random));
    segments::write_applications(random, &mut file, exif);
    let mut slots: Vec<usize> = (0..4).collect();
    random.shuffle(&mut slots);
    let before = random.below(5);
    segments::write_quantizers(random, &mut file, &slots[..before], largest);
    segments::write_frame(random, &mut file, &frame);
    segments::write_quantizers(random, &mut file, &slots[before..], largest);
    let mut tables = TableSlots::new(
        if random.chance(50) { 2 } else { 4 },
        kind == Kind::WithoutTables,
    );
    if kind == Kind::WithoutTables {
        tables.slots = 2;
    }
    let mut restart_interval = 0;
    for plan in scans {
        if random.chance(25) {
            restart_interval = random.pick(&[0, 1, 2, 3, 7, 20, 100]);
            segments::write(
                random,
                &mut file,
                0xdd,
                &(restart_interval as u16).to_be_bytes(),
            );
        }
        if random.chance(5) {
            let slot = random.below(4);
            segments::write_quantizers(random, &mut file, &[slot], largest);
        }
        if random.chance(5) {
            segments::write_applications(random, &mut file, None);
        }
        scan::write(
            random,
            &mut file,
            &frame,
            &plan,
            &mut tables,
            restart_interval,
        );
    }
    file.extend([0xff, 0xd9]);
    if random.chance(5) {
        file.extend((0..random.below(30)).map(|_| random.byte()));
    }
    file
}

/// A frame without coefficients.
fn frame(random: &mut Random, kind: Kind, most_side: usize) -> Frame {
    let most_side = if kind == Kind::Tiny {
        most_side.min(20)
    } else {
        most_side
    };
    let mut side = || match random.below(3) {
        0 => 1 + random.below(most_side.min(20)),
        1 => 1 + random.below(most_side.min(70)),
        _ => 1 + random.below(most_side),
    };
    let (width, height) = (side(), side());
    let factors: Vec<(usize, usize)> = match random.below(10) {
        0 | 1 => vec![random.pick(&[(1, 1), (2, 2), (1, 2), (2, 1), (4, 3), (3, 1)])],
        2 => {
            let first = random.pick(&[(1, 1), (2, 2), (2, 1), (1, 2)]);
            vec![first, (1, 1), (1, 1), first]
        }
        _ => random.pick(&FACTORS).to_vec(),
    };
    let factors = match kind {
        Kind::Factors => factors
            .iter()
            .map(|_| (1 + random.below(4), 1 + random.below(4)))
            .collect(),
        _ => factors,
    };
    let ids = match random.below(60) {
        0..10 => *b"RGBA",
        10 => [7, 7, 7, 7],
        11..20 => {
            let first = random.byte();
            std::array::from_fn(|index| first.wrapping_add(index as u8 * 3))
        }
        _ => [1, 2, 3, 4],
    };
    let components = factors
        .iter()
        .zip(ids)
        .map(|((h, v), id)| Component::new(id, *h, *v, random.below(4)))
        .collect();
    let is_progressive = match kind {
        Kind::Progressive | Kind::Incomplete => true,
        Kind::Baseline | Kind::WithoutTables => false,
        _ => random.chance(50),
    };
    let mut frame = Frame {
        width,
        height,
        is_progressive,
        components,
    };
    frame.allocate();
    frame
}

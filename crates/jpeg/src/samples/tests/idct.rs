use super::levels;
use super::model;
use crate::samples::idct::{Block, Quantizer, transform_row};
use proptest::prelude::*;

/// Zigzag positions of natural positions.
fn zigzag() -> [usize; 64] {
    let mut order: Vec<usize> = (0..64).collect();
    order.sort_by_key(|&natural| {
        let (y, x) = (natural / 8, natural % 8);
        let along = match (x + y) % 2 {
            0 => x,
            _ => y,
        };
        (x + y, along)
    });
    order.try_into().expect("64 positions")
}

/// The last zigzag position of a coefficient other than 0.
fn extent(block: &Block) -> u8 {
    let zigzag = zigzag();
    let last = (0..64).rev().find(|&k| block[zigzag[k]] != 0);
    last.unwrap_or(0) as u8
}

fn check(blocks: &[Block], divisors: &[u16; 64]) {
    let quantizer = Quantizer::new(divisors);
    let divisors = divisors.map(|divisor| divisor as i16);
    let pitch = 8 * blocks.len() + 5;
    let mut expected = vec![99; 8 * pitch];
    for (i, block) in blocks.iter().enumerate() {
        for (y, row) in model::block(block, &divisors).iter().enumerate() {
            expected[y * pitch + 8 * i..][..8].copy_from_slice(row);
        }
    }
    let exact: Vec<u8> = blocks.iter().map(extent).collect();
    let unknown = vec![63; blocks.len()];
    for level in levels() {
        for extents in [&exact, &unknown] {
            let mut got = vec![99; 8 * pitch];
            transform_row(level, blocks, extents, &quantizer, &mut got, pitch);
            assert!(got == expected, "{level:?} differs, extents {extents:?}");
        }
    }
}

/// A block whose coefficients behind a zigzag position are 0.
fn block(most: i16) -> impl Strategy<Value = Block> {
    let values = prop::collection::vec(
        prop_oneof![Just(0), -most..=most, Just(most), Just(-most)],
        64,
    );
    (values, 0..64_usize, any::<bool>()).prop_map(|(values, last, first_row)| {
        let mut block = [0; 64];
        for (&natural, value) in zigzag()[..=last].iter().zip(values) {
            if natural < 8 || !first_row {
                block[natural] = value;
            }
        }
        block
    })
}

fn divisors(most: u16) -> impl Strategy<Value = [u16; 64]> {
    prop::array::uniform32((1..=most, 0..=most))
        .prop_map(|pairs| std::array::from_fn(|i| [pairs[i / 2].0, pairs[i / 2].1][i % 2]))
}

proptest! {
    #[test]
    fn usual_blocks(
        blocks in prop::collection::vec(block(60), 0..12),
        divisors in divisors(20),
    ) {
        check(&blocks, &divisors);
    }

    #[test]
    fn blocks_that_wrap(
        blocks in prop::collection::vec(block(i16::MAX), 1..12),
        divisors in divisors(3),
    ) {
        check(&blocks, &divisors);
    }

    #[test]
    fn divisors_of_16_bits(
        blocks in prop::collection::vec(block(2000), 1..12),
        divisors in divisors(u16::MAX),
    ) {
        check(&blocks, &divisors);
    }
}

#[test]
fn every_dc_coefficient() {
    for chunk in (i16::MIN..=i16::MAX).collect::<Vec<_>>().chunks(512) {
        let blocks: Vec<Block> = chunk
            .iter()
            .map(|&dc| {
                let mut block = [0; 64];
                block[0] = dc;
                block
            })
            .collect();
        check(&blocks, &[1; 64]);
    }
}

#[test]
fn zigzag_begins_as_in_the_standard() {
    assert_eq!(zigzag()[..11], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32]);
}

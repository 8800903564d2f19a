//! The generator Philox4x32-10.

/// The constants by which a round multiplies two words of the counter.
const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];

/// The constants that a round adds to the key.
const INCREMENTS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// Four random words for a counter and a key: Philox4x32-10 of Salmon, Moraes, Dror and Shaw ("Parallel random numbers: as easy as
/// 1, 2, 3", 2011). Different counters have different results, since for each key this is a permutation of the counters.
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let multiplied = |word: u32, by: u32| {
        let product = u64::from(word) * u64::from(by);
        ((product >> 32) as u32, product as u32)
    };
    let (mut words, mut key) = (counter, key);
    for _ in 0..10 {
        let (high0, low0) = multiplied(words[0], MULTIPLIERS[0]);
        let (high1, low1) = multiplied(words[2], MULTIPLIERS[1]);
        words = [
            high1 ^ words[1] ^ key[0],
            low1,
            high0 ^ words[3] ^ key[1],
            low0,
        ];
        key = [
            key[0].wrapping_add(INCREMENTS[0]),
            key[1].wrapping_add(INCREMENTS[1]),
        ];
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors' library Random123 comes with (`kat_vectors`, `philox4x32 10`).
    #[test]
    fn known_answers_of_the_authors() {
        for (counter, key, expected) in [
            (
                [0; 4],
                [0; 2],
                [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
            ),
            (
                [u32::MAX; 4],
                [u32::MAX; 2],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd],
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ] {
            assert_eq!(philox4x32(counter, key), expected, "{counter:x?} {key:x?}");
        }
    }
}

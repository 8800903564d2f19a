use super::*;

/// A component of gray blocks, `columns` by `rows`.
fn blocks(columns: usize, rows: usize, dc: impl Fn(usize, usize) -> i16) -> Vec<Block> {
    let mut blocks = vec![[0; 64]; columns * rows];
    for (i, block) in blocks.iter_mut().enumerate() {
        block[0] = dc(i % columns, i / columns);
    }
    blocks
}

fn run(blocks: &mut [Block], columns: usize, precision: &Precision, last_good: u32) -> bool {
    let rows = blocks.len() / columns;
    let component = Smoothed {
        blocks,
        stored_columns: columns,
        real: (columns, rows),
        block_rows: 1,
        divisors: &[16; 64],
        precision,
    };
    smooth(&mut [component], last_good, 1)
}

#[test]
fn complete_files_and_files_without_dc_are_left_alone() {
    let ramp = blocks(6, 6, |x, _| 10 * x as i16);
    let mut complete = Precision::new();
    complete.scan(0..=0, 0, true);
    complete.scan(1..=63, 0, false);
    let mut ac_alone = Precision::new();
    ac_alone.scan(1..=5, 0, true);
    for precision in [complete, ac_alone, Precision::new()] {
        let mut same = ramp.clone();
        assert!(!run(&mut same, 6, &precision, 5));
        assert_eq!(same, ramp);
    }
}

#[test]
fn a_ramp_of_dc_coefficients_gets_its_slope() {
    let mut precision = Precision::new();
    precision.scan(0..=0, 0, true);
    let mut ramp = blocks(6, 6, |x, _| 100 * x as i16);
    assert!(run(&mut ramp, 6, &precision, 5));
    // The columns of the weights sum up to -11, 62, 0, -62, 11: 2 * (11 * 200 - 62 * 100) = -8000, and (128 + 8000) / 256 = 31.
    let block = &ramp[2 * 6 + 2];
    assert_eq!(block[1], -31);
    assert_eq!([block[8], block[16], block[9]], [0; 3]);
    // The weights of DC sum up to 256 and are symmetrical.
    assert_eq!(block[0], 200);
}

#[test]
fn estimates_stay_below_the_missing_bits() {
    let mut precision = Precision::new();
    precision.scan(0..=0, 0, true);
    precision.scan(1..=63, 2, false);
    let mut ramp = blocks(6, 6, |x, _| 100 * x as i16);
    ramp[2 * 6 + 3][1] = 8;
    assert!(run(&mut ramp, 6, &precision, 5));
    assert_eq!(ramp[2 * 6 + 2][1], -3);
    assert_eq!(ramp[2 * 6 + 2][0], 200, "the DC coefficient is known");
    assert_eq!(ramp[2 * 6 + 3][1], 8, "known coefficients stay");
}

#[test]
fn rows_behind_the_end_of_the_data_use_what_was_known_before() {
    let mut precision = Precision::new();
    precision.scan(0..=0, 1, true);
    precision.scan(1..=63, 0, false);
    let mut half = precision.clone();
    half.scan(0..=0, 0, false);
    let ramp = blocks(6, 6, |x, _| 100 * x as i16);
    let with = |precision: &Precision, scans| {
        let mut blocks = ramp.clone();
        let component = Smoothed {
            blocks: &mut blocks,
            stored_columns: 6,
            real: (6, 6),
            block_rows: 1,
            divisors: &[16; 64],
            precision,
        };
        let smoothed = smooth(&mut [component], 2, scans);
        (smoothed, blocks)
    };
    // All AC coefficients are exact as far as the headers say.
    assert!(!with(&half, 3).0);
    let mut cut = Precision::new();
    cut.scan(0..=0, 0, true);
    cut.scan(1..=5, 0, false);
    let (smoothed, blocks) = with(&cut, 2);
    assert!(smoothed);
    assert_eq!(blocks[2 * 6 + 2][1], 0, "exact by the last scan");
    assert_eq!(blocks[3 * 6 + 2][1], -31, "nothing was known before it");
}

#[test]
fn the_last_mcu_row_counts_its_rows_its_own_way() {
    // Two MCU rows of 4 block rows; the last has one real row.
    let mut stored = vec![[0; 64]; 8];
    let precision = Precision::new();
    let component = Smoothed {
        blocks: &mut stored,
        stored_columns: 1,
        real: (1, 5),
        block_rows: 4,
        divisors: &[1; 64],
        precision: &precision,
    };
    assert_eq!(component.rows_around(0, 2), [0, 0, 0, 1, 2]);
    assert_eq!(component.rows_around(1, 2), [0, 0, 1, 2, 3]);
    assert_eq!(component.rows_around(3, 2), [1, 2, 3, 4, 5]);
    // t = 1 * 1 + 0 = 1 of T = 2: one row above, none below.
    assert_eq!(component.rows_around(4, 2), [3, 3, 4, 4, 4]);
}

//! Entropy-coded data to the coefficients of one block.

use crate::testing::model::bits::Reader;
use crate::testing::model::frame::ZIGZAG;
use crate::testing::model::huffman::Table;
use crate::testing::model::refusal::{Refusal, refuse};

fn lo16(value: i64) -> i16 {
    value as i16
}

/// A block of a sequential file.
pub(super) fn sequential(
    reader: &mut Reader<'_>,
    dc: &Table,
    ac: &Table,
    prediction: &mut i32,
    block: &mut [i16; 64],
) {
    let category = u32::from(dc.symbol(reader));
    *prediction = prediction.wrapping_add(reader.value(category));
    block[0] = lo16(i64::from(*prediction));
    let mut k = 1;
    while k < 64 {
        let symbol = ac.symbol(reader);
        let (run, category) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if category != 0 {
            k += run;
            block[ZIGZAG[k]] = lo16(i64::from(reader.value(category)));
            k += 1;
        } else if run == 15 {
            k += 16;
        } else {
            break;
        }
    }
}

pub(super) fn dc_first(
    reader: &mut Reader<'_>,
    dc: &Table,
    al: u32,
    prediction: &mut i32,
    block: &mut [i16; 64],
) -> Result<(), Refusal> {
    let category = u32::from(dc.symbol(reader));
    match prediction.checked_add(reader.value(category)) {
        Some(sum) => *prediction = sum,
        None => return refuse("a DC prediction leaves 32 bits"),
    }
    block[0] = lo16(i64::from(*prediction) << al);
    Ok(())
}

pub(super) fn dc_refine(reader: &mut Reader<'_>, al: u32, block: &mut [i16; 64]) {
    if reader.bit() == 1 {
        block[0] |= 1 << al;
    }
}

/// Which coefficients a progressive AC scan has, in what accuracy.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) ss: usize,
    pub(super) se: usize,
    pub(super) al: u32,
}

pub(super) fn ac_first(
    reader: &mut Reader<'_>,
    ac: &Table,
    band: Band,
    end_run: &mut u32,
    block: &mut [i16; 64],
) {
    if *end_run > 0 {
        *end_run -= 1;
        return;
    }
    let mut k = band.ss;
    while k <= band.se {
        let symbol = ac.symbol(reader);
        let (run, category) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if category != 0 {
            k += run as usize;
            block[ZIGZAG[k]] = lo16(i64::from(reader.value(category)) << band.al);
            k += 1;
        } else if run == 15 {
            k += 16;
        } else {
            *end_run = (1 << run) + reader.bits(run) - 1;
            break;
        }
    }
}

pub(super) fn ac_refine(
    reader: &mut Reader<'_>,
    ac: &Table,
    band: Band,
    end_run: &mut u32,
    block: &mut [i16; 64],
) {
    let bit = 1_i16 << band.al;
    let mut k = band.ss;
    if *end_run == 0 {
        while k <= band.se {
            let symbol = ac.symbol(reader);
            let (mut run, category) = (i32::from(symbol >> 4), symbol & 15);
            let mut new = 0;
            if category != 0 {
                // A category above 1 is damage, of which libjpeg-turbo warns.
                reader.damaged |= category != 1;
                new = if reader.bit() == 1 { bit } else { -bit };
            } else if run != 15 {
                *end_run = (1 << run) + reader.bits(run as u32);
                break;
            }
            loop {
                let coefficient = &mut block[ZIGZAG[k]];
                if *coefficient != 0 {
                    correct(reader, bit, coefficient);
                } else {
                    run -= 1;
                    if run < 0 {
                        break;
                    }
                }
                k += 1;
                if k > band.se {
                    break;
                }
            }
            if category != 0 {
                block[ZIGZAG[k]] = new;
            }
            k += 1;
        }
    }
    if *end_run > 0 {
        for position in k..=band.se {
            let coefficient = &mut block[ZIGZAG[position]];
            if *coefficient != 0 {
                correct(reader, bit, coefficient);
            }
        }
        *end_run -= 1;
    }
}

/// Reads the next bit of a coefficient that is not zero.
fn correct(reader: &mut Reader<'_>, bit: i16, coefficient: &mut i16) {
    if reader.bit() == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient >= 0 { bit } else { -bit });
    }
}

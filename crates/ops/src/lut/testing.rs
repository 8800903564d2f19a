//! Random cases and the reference of `lut` for tests.

use super::Lut;
use super::reference;
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let tables = match shape.channels {
            3 | 4 if random.within(0, 1) == 1 => shape.channels,
            _ => 1,
        };
        let count = match tables {
            1 => random.within(1, 256),
            _ => 256 * tables,
        };
        let entries = random.bytes(count as usize);
        let numbers: Vec<f64> = entries.into_iter().map(f64::from).collect();
        shared(Lut::from_numbers(&numbers)?)
    },
    reference: |values, images| {
        let table: Vec<u8> = values
            .numbers("table")
            .iter()
            .map(|&entry| entry as u8)
            .collect();
        reference::lut(&images[0].u8_image(), &table).into()
    },
    part: None,
};

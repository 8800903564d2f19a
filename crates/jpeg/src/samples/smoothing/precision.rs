//! How precisely the scans of a progressive file gave the coefficients of a component.

use std::ops::RangeInclusive;

/// The coefficients that smoothing estimates: zigzag positions 1 to 9, and the DC coefficient.
pub(super) const ESTIMATED: usize = 10;

/// The bits that are missing of each coefficient of a component, by zigzag position: -1 before any scan gave it, 0 when it is exact.
#[derive(Clone, Debug)]
pub(crate) struct Precision {
    now: [i8; 64],
    /// As it was before the component's last scan.
    before: [i8; ESTIMATED],
}

impl Precision {
    /// No scan yet.
    pub(crate) fn new() -> Self {
        Precision {
            now: [-1; 64],
            before: [-1; ESTIMATED],
        }
    }

    /// Takes the header of a scan of the component into account, before its data.
    ///
    /// `band` are the first and last zigzag position (Ss and Se, at most 63), `missing` the bits that the scan leaves out (Al, at most
    /// 13), and `first` says whether it is the first scan of the file.
    pub(crate) fn scan(&mut self, band: RangeInclusive<u8>, missing: u8, first: bool) {
        let (start, end) = (usize::from(*band.start()), usize::from(*band.end()));
        for k in start.min(1)..ESTIMATED {
            self.before[k] = match first {
                true => 0,
                false => self.now[k],
            };
        }
        self.now[start..=end].fill(missing as i8);
    }

    /// What is known of the low coefficients now.
    pub(super) fn now(&self) -> &[i8; ESTIMATED] {
        self.now.first_chunk().expect("there are 64 coefficients")
    }

    /// What was known of the low coefficients before the component's last scan.
    pub(super) fn before(&self) -> &[i8; ESTIMATED] {
        &self.before
    }
}

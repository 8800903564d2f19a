//! What the codings of blocks have in common.

use crate::entropy::bits::Bits;

/// One way to code the blocks of a scan.
pub(crate) trait Coding {
    /// Whether MCUs are decoded after the data have ended, from bits that are 0.
    const READS_ON: bool;

    /// Begins anew behind a restart marker.
    fn restart(&mut self);

    /// Decodes a block of a component, which is counted in the scan, into `coefficients` in natural order. Of `mark`, the highest bit
    /// that is set is the last zigzag position that may be other than 0; in progressive files every bit says whether the coefficient of
    /// this zigzag position is other than 0 (bit 0 is set always).
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        component: usize,
        coefficients: &mut [i16; 64],
        mark: &mut u64,
    );
}

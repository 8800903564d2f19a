//! Huffman tables made for the symbols of an image (T.81, annex K.2), with libjpeg's choice among equally good ones.

use crate::file::huffman::HuffmanTable;

/// The longest code of a JPEG file in bits.
const LONGEST: usize = 16;

/// The Huffman table for symbols of which each occurs `counts` times.
///
/// An additional symbol, which occurs once, takes the longest code, so that no code of the file is all ones. Of two symbols that are
/// equally rare, the larger one is joined first.
pub(super) fn table_for(counts: &[u64; 256]) -> HuffmanTable {
    let sizes = code_sizes(counts);
    // The number of codes of each length, before the limit.
    let mut lengths = [0_u32; 258];
    for &size in sizes.iter().filter(|&&size| size > 0) {
        lengths[size] += 1;
    }
    shorten(&mut lengths);
    // The additional symbol has one of the longest codes, and leaves.
    if let Some(longest) = (1..=LONGEST).rev().find(|&size| lengths[size] > 0) {
        lengths[longest] -= 1;
    }
    let mut symbols: Vec<u8> = (0..=255)
        .filter(|&symbol| sizes[usize::from(symbol)] > 0)
        .collect();
    // The sort is stable: symbols of one size keep their order.
    symbols.sort_by_key(|&symbol| sizes[usize::from(symbol)]);
    HuffmanTable::new(std::array::from_fn(|i| lengths[i + 1] as u8), &symbols)
}

/// The length of each symbol's code in bits, 0 for a symbol that does not occur. The last is the additional symbol.
fn code_sizes(counts: &[u64; 256]) -> [usize; 257] {
    let mut weights = [1; 257];
    weights[..256].copy_from_slice(counts);
    let mut sizes = [0; 257];
    // The symbols below a node are a list, from its first symbol on.
    let mut next: [Option<usize>; 257] = [None; 257];
    while let (Some(a), Some(b)) = two_rarest(&weights) {
        weights[a] += weights[b];
        weights[b] = 0;
        let end = deepen(&mut sizes, &next, a);
        next[end] = Some(b);
        deepen(&mut sizes, &next, b);
    }
    sizes
}

/// The two nodes of least weight; of equal ones, the larger position.
fn two_rarest(weights: &[u64; 257]) -> (Option<usize>, Option<usize>) {
    let rarest = |without: Option<usize>| {
        let used = (0..257).filter(|&i| weights[i] > 0 && Some(i) != without);
        // Of equal ones, `min_by_key` takes the first.
        used.rev().min_by_key(|&i| weights[i])
    };
    let first = rarest(None);
    (first, rarest(first))
}

/// Makes the codes of a list of symbols one bit longer, and returns the last symbol of the list.
fn deepen(sizes: &mut [usize; 257], next: &[Option<usize>; 257], first: usize) -> usize {
    let mut at = first;
    sizes[at] += 1;
    while let Some(following) = next[at] {
        at = following;
        sizes[at] += 1;
    }
    at
}

/// Moves codes of more than [`LONGEST`] bits to shorter lengths: two of them leave, one takes their common prefix, and the other
/// one shares that of a shorter code.
fn shorten(lengths: &mut [u32; 258]) {
    for size in (LONGEST + 1..lengths.len()).rev() {
        while lengths[size] > 0 {
            let shorter = (1..size - 1).rev().find(|&shorter| lengths[shorter] > 0);
            let Some(shorter) = shorter else { return };
            lengths[size] -= 2;
            lengths[size - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(counts: &[u64; 256]) -> HuffmanTable {
        let table = table_for(counts);
        let used = counts.iter().filter(|&&count| count > 0).count();
        assert_eq!(table.symbols().len(), used);
        let codes: usize = table.counts().iter().map(|&count| usize::from(count)).sum();
        assert_eq!(codes, used);
        // One code of the longest length is free: the one of all ones.
        let share = |size: usize| u64::from(table.counts()[size - 1]) << (LONGEST - size);
        assert!((1..=LONGEST).map(share).sum::<u64>() < 1 << LONGEST);
        table
    }

    #[test]
    fn weights_of_fibonacci_numbers_keep_to_16_bits() {
        let mut counts = [0; 256];
        let (mut a, mut b) = (1, 1);
        for count in counts.iter_mut().take(80) {
            *count = a;
            (a, b) = (b, a + b);
        }
        assert!(check(&counts).counts()[LONGEST - 1] > 2);
    }

    #[test]
    fn without_symbols_there_are_no_codes() {
        let table = check(&[0; 256]);
        assert_eq!((table.counts(), table.symbols().len()), (&[0; 16], 0));
    }

    #[test]
    fn a_single_symbol_has_a_code_of_one_bit() {
        let mut counts = [0; 256];
        counts[7] = 1000;
        let table = check(&counts);
        assert_eq!((table.counts()[0], table.symbols()), (1, &[7][..]));
    }

    proptest! {
        #[test]
        fn frequent_symbols_have_no_longer_codes(list in prop::collection::vec(1000..50_000_u64, 256)) {
            let counts: [u64; 256] = list.try_into().unwrap();
            let table = check(&counts);
            let of = |symbol: &u8| counts[usize::from(*symbol)];
            let mut symbols = table.symbols();
            let mut before = u64::MAX;
            for &count in table.counts() {
                let (these, rest) = symbols.split_at(count.into());
                prop_assert!(these.iter().all(|symbol| of(symbol) <= before));
                before = these.iter().map(of).min().unwrap_or(before);
                symbols = rest;
            }
        }
    }
}

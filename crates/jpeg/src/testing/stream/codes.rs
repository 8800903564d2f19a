//! Huffman codes of the streams.

use crate::testing::model::huffman::Table;
use crate::testing::random::Random;

/// A random table that has all symbols that are used, and some more.
pub(super) fn random_table(random: &mut Random, used: &[bool; 256], is_dc: bool) -> Table {
    let all = if is_dc { 16 } else { 256 };
    let mut symbols: Vec<u8> = (0..=255)
        .filter(|symbol| used[usize::from(*symbol)])
        .collect();
    for _ in 0..random.below(6) {
        let extra = random.below(all) as u8;
        if !symbols.contains(&extra) {
            symbols.push(extra);
        }
    }
    if symbols.is_empty() {
        symbols.push(0);
    }
    random.shuffle(&mut symbols);
    // Splits leaves of a tree until there is one for each symbol, and one more for the code of all ones, which must not be.
    let mut leaves = [0_usize; 17];
    leaves[0] = 1;
    let deepest = random.range(9, 16) as usize;
    for _ in 0..symbols.len() {
        let open: Vec<usize> = (0..deepest).filter(|depth| leaves[*depth] > 0).collect();
        // A leaf near the root more often than the others: the tree stays flat where there are many symbols.
        let depth = match random.chance(70) {
            true => open[0],
            false => random.pick(&open),
        };
        leaves[depth] -= 1;
        leaves[depth + 1] += 2;
    }
    if let Some(longest) = leaves.iter_mut().rev().find(|count| **count > 0) {
        *longest -= 1;
    }
    Table {
        counts: std::array::from_fn(|index| leaves[index + 1] as u8),
        symbols,
    }
}

/// The code of each symbol: its bits and their number, 0 for a symbol without a code.
pub(super) fn codes(table: &Table) -> Vec<(u32, u32)> {
    let mut codes = vec![(0, 0); 256];
    let (mut code, mut symbols) = (0_u32, table.symbols.iter());
    for (index, count) in table.counts.iter().enumerate() {
        code <<= 1;
        for symbol in symbols.by_ref().take(usize::from(*count)) {
            codes[usize::from(*symbol)] = (code, index as u32 + 1);
            code += 1;
        }
    }
    codes
}

//! Sets of Huffman tables: the tables of each file in the form of the kernels, made once for files that have the same ones.

use crate::cuda::entropy::tables::{Class, Codes, MOST_ENTRIES, append};
use std::collections::HashMap;

/// The tables of a scan: its entries, and where each table begins in them.
#[derive(Clone, Debug, Default)]
struct Set {
    entries: Vec<u16>,
    /// The first entries of the tables for DC and AC of each component.
    offsets: [(u16, u16); 4],
    /// The place among the entries of the batch, once it is there.
    placed: Option<u32>,
    fits: bool,
}

/// Where the tables of a scan are among those of a batch.
#[derive(Copy, Clone, Debug)]
pub(super) struct Placed {
    pub(super) first: u32,
    pub(super) entries: u32,
    pub(super) offsets: [(u16, u16); 4],
}

/// The most sets of tables that are kept.
const MOST_SETS: usize = 64;

/// Sets of tables by what files have, so that the tables of most files are made once.
#[derive(Debug, Default)]
pub(super) struct Tables {
    sets: Vec<Set>,
    index: HashMap<Vec<u8>, usize>,
    key: Vec<u8>,
    /// The entries of the batch.
    pub(super) entries: Vec<u16>,
}

impl Tables {
    /// Begins a batch.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        for set in &mut self.sets {
            set.placed = None;
        }
    }

    /// The tables of a scan, for DC and AC of each of its 1 to 4 components; `None` where they are too large.
    pub(super) fn place(&mut self, components: &[(Codes<'_>, Codes<'_>)]) -> Option<Placed> {
        self.key.clear();
        for codes in components.iter().flat_map(|(dc, ac)| [dc, ac]) {
            self.key.extend_from_slice(codes.counts);
            self.key.push(codes.symbols.len() as u8);
            self.key.extend_from_slice(codes.symbols);
        }
        let index = match self.index.get(&self.key) {
            Some(&index) => index,
            None => {
                if self.sets.len() == MOST_SETS {
                    self.sets.clear();
                    self.index.clear();
                }
                self.sets.push(Set::new(components));
                self.index.insert(self.key.clone(), self.sets.len() - 1);
                self.sets.len() - 1
            }
        };
        let set = &mut self.sets[index];
        if !set.fits {
            return None;
        }
        let entries = &mut self.entries;
        let first = *set.placed.get_or_insert_with(|| {
            let first = entries.len() as u32;
            entries.extend_from_slice(&set.entries);
            first
        });
        Some(Placed {
            first,
            entries: set.entries.len() as u32,
            offsets: set.offsets,
        })
    }
}

impl Set {
    fn new(components: &[(Codes<'_>, Codes<'_>)]) -> Self {
        let mut set = Set {
            fits: true,
            ..Set::default()
        };
        // Components share tables.
        let mut made: Vec<(Class, Codes<'_>, u16)> = Vec::new();
        for (offsets, &(dc, ac)) in set.offsets.iter_mut().zip(components) {
            let mut offset = |class, codes| {
                let same =
                    |&&(c, other, _): &&(Class, Codes<'_>, u16)| c == class && other == codes;
                if let Some(&(.., offset)) = made.iter().find(same) {
                    return offset;
                }
                let first = set.entries.len();
                set.fits &= append(codes, class, &mut set.entries);
                set.fits &= set.entries.len() <= MOST_ENTRIES;
                let first = u16::try_from(first).unwrap_or_default();
                made.push((class, codes, first));
                first
            };
            *offsets = (offset(Class::Dc, dc), offset(Class::Ac, ac));
            if !set.fits {
                set.entries = Vec::new();
                break;
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_made_once_and_placed_once_in_a_batch() {
        let dc = Codes {
            counts: &[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        };
        let ac = Codes {
            counts: &[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            symbols: &[0, 1],
        };
        let mut tables = Tables::default();
        let one = tables.place(&[(dc, ac), (dc, ac)]).expect("they are small");
        assert_eq!((one.first, one.entries), (0, 2048));
        assert_eq!(one.offsets[..2], [(0, 1024), (0, 1024)]);
        assert_eq!(
            tables.place(&[(dc, ac), (dc, ac)]).expect("the same").first,
            0
        );
        assert_eq!(tables.place(&[(dc, ac)]).expect("another scan").first, 2048);
        assert_eq!(tables.entries.len(), 4096);
        tables.clear();
        assert_eq!(tables.place(&[(dc, ac)]).expect("the first").first, 0);
        assert_eq!(tables.entries.len(), 2048);
    }

    #[test]
    fn sets_that_are_too_large_are_refused_and_the_number_of_kept_ones_is_bounded() {
        let mut tables = Tables::default();
        let symbols = [0; 255];
        let long = Codes {
            counts: &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0],
            symbols: &symbols,
        };
        let dc = Codes {
            counts: &[0; 16],
            symbols: &[],
        };
        // 255 codes of 11 bits need 128 second levels of 64 entries: one such table fits, two do not.
        let other = [1; 255];
        let longer = Codes {
            counts: long.counts,
            symbols: &other,
        };
        assert!(tables.place(&[(dc, long)]).is_some());
        assert!(tables.place(&[(dc, long), (dc, longer)]).is_none());
        for symbol in 0..200 {
            let symbols = [symbol];
            let mut counts = [0; 16];
            counts[3] = 1;
            let codes = Codes {
                counts: &counts,
                symbols: &symbols,
            };
            assert!(tables.place(&[(dc, codes)]).is_some());
            assert!(tables.sets.len() <= MOST_SETS && tables.index.len() <= MOST_SETS);
        }
    }
}

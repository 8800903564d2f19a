//! What waits for other threads, by the names of its instructions.

use super::instruction::{Reduction, Shuffle, Sync, Vote, bytes_of};
use super::operand::Operand;
use super::operands::Operands;
use super::program::PtxError;
use crate::compute;

impl Operands<'_, '_> {
    pub(super) fn sync(&self, parts: &[&str]) -> Result<Option<Sync>, PtxError> {
        Ok(Some(match parts {
            // Barrier 0 with all threads of the block; the others are for parts of a block.
            ["bar" | "barrier", "sync"]
            | ["barrier", "sync", "aligned"]
            | ["bar", "cta", "sync"] => {
                if self.parts.len() != 1 || self.value(0)? != Operand::Number(0) {
                    return Ok(None);
                }
                Sync::Barrier(None)
            }
            ["bar" | "barrier", "red", mode, ..] => {
                let reduction = match *mode {
                    "popc" => Reduction::Count,
                    "and" => Reduction::All,
                    "or" => Reduction::Any,
                    _ => return Ok(None),
                };
                if self.parts.len() != 3 || self.value(1)? != Operand::Number(0) {
                    return Ok(None);
                }
                Sync::Barrier(Some((reduction, self.register(0)?, self.value(2)?)))
            }
            ["bar", "warp", "sync"] => Sync::Warp {
                mask: self.value(0)?,
            },
            ["shfl", "sync", mode, "b32"] => {
                let (d, inside) = match self.part(0)? {
                    [d, "|", p] => (self.scopes.register(d), self.scopes.register(p)),
                    [d] => (self.scopes.register(d), None),
                    _ => (None, None),
                };
                Sync::Shuffle {
                    mode: match *mode {
                        "up" => Shuffle::Up,
                        "down" => Shuffle::Down,
                        "bfly" => Shuffle::Butterfly,
                        "idx" => Shuffle::Index,
                        _ => return Ok(None),
                    },
                    d: d.ok_or_else(|| PtxError::Operand("of a shuffle".to_owned()))?,
                    inside,
                    a: self.value(1)?,
                    b: self.value(2)?,
                    c: self.value(3)?,
                    mask: self.value(4)?,
                }
            }
            ["vote", "sync", mode, _] => Sync::Vote {
                mode: match *mode {
                    "all" => Vote::All,
                    "any" => Vote::Any,
                    "ballot" => Vote::Ballot,
                    _ => return Ok(None),
                },
                d: self.register(0)?,
                a: self.value(1)?,
                mask: self.value(2)?,
            },
            ["match", "any", "sync", kind] => Sync::Match {
                d: self.register(0)?,
                a: self.value(1)?,
                bits: bytes_of(kind).map_or(64, |bytes| 8 * bytes),
                mask: self.value(2)?,
            },
            ["redux", "sync", rest @ ..] => match compute::atomic(rest) {
                Some(f) => Sync::Reduce {
                    f,
                    d: self.register(0)?,
                    a: self.value(1)?,
                    mask: self.value(2)?,
                },
                None => return Ok(None),
            },
            [
                "mma",
                "sync",
                "aligned",
                "m8n8k16",
                "row",
                "col",
                "s32",
                a,
                b,
                "s32",
            ] => {
                let targets: Option<Vec<u32>> = self.targets(0)?.into_iter().collect();
                let signed = [a, b].map(|kind| *kind == "s8");
                if ![a, b].iter().all(|kind| matches!(**kind, "s8" | "u8")) {
                    return Ok(None);
                }
                let one = |index| -> Result<Operand, PtxError> {
                    let values = self.values(index)?;
                    values
                        .first()
                        .copied()
                        .ok_or_else(|| PtxError::Operand("of a product".to_owned()))
                };
                Sync::Multiply {
                    d: Self::pair(&targets.unwrap_or_default(), self.part(0)?)?,
                    a: one(1)?,
                    b: one(2)?,
                    c: Self::pair(&self.values(3)?, self.part(3)?)?,
                    signed,
                }
            }
            _ => return Ok(None),
        }))
    }
}

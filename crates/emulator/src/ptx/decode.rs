//! Operations by the names of their instructions.

use super::instruction::{Atomic, Operation, Space, bytes_of};
use super::operands::Operands;
use super::program::{Parameter, PtxError};
use crate::compute::{self, Compute};

impl Operands<'_, '_> {
    pub(super) fn call(&self) -> Result<Operation, PtxError> {
        let has_result = self.parts.len() == 3;
        let parameters = |index: usize| -> Result<Vec<Parameter>, PtxError> {
            let part = self.part(index)?;
            let ["(", inner @ .., ")"] = part else {
                return Err(PtxError::Operand(part.concat()));
            };
            let words = inner.iter().filter(|token| **token != ",");
            words
                .map(|word| {
                    let found = self.scopes.parameter(word);
                    found.ok_or_else(|| PtxError::Operand((*word).to_owned()))
                })
                .collect()
        };
        let result = if has_result {
            parameters(0)?
        } else {
            Vec::new()
        };
        let name = self.text(usize::from(has_result))?;
        let function = self.scopes.function(name);
        Ok(Operation::Call {
            function: function.ok_or_else(|| PtxError::Target(name.to_owned()))?,
            arguments: match self.parts.len() {
                1 => Vec::new(),
                _ => parameters(1 + usize::from(has_result))?,
            },
            result: result.first().copied(),
        })
    }

    /// The operation of the instruction with these parts of its name; `None` where there is none.
    pub(super) fn operation(&self, parts: &[&str]) -> Result<Option<Operation>, PtxError> {
        let kind = parts[parts.len() - 1];
        Ok(Some(match parts {
            ["ret", ..] => Operation::Return,
            ["exit"] => Operation::Exit,
            ["trap"] | ["brkpt"] => return Ok(None),
            ["prefetch", ..] | ["membar", ..] | ["fence", ..] | ["nanosleep", ..] => {
                Operation::Nothing
            }
            ["mov", _] => return self.mov(kind),
            ["selp", _] => Operation::Select {
                d: self.register(0)?,
                a: self.value(1)?,
                b: self.value(2)?,
                predicate: self.value(3)?,
            },
            ["bfi", "b32" | "b64"] => Operation::Insert {
                d: self.register(0)?,
                a: self.value(1)?,
                b: self.value(2)?,
                position: self.value(3)?,
                length: self.value(4)?,
                bits: if kind == "b32" { 32 } else { 64 },
            },
            ["ld", rest @ ..] => Operation::Load {
                space: Space::of(rest),
                bytes: match bytes_of(kind) {
                    Some(bytes) => bytes,
                    None => return Ok(None),
                },
                signed: kind.starts_with('s'),
                to: self.targets(0)?,
                address: self.address(1)?,
            },
            ["st", rest @ ..] => Operation::Store {
                space: Space::of(rest),
                bytes: match bytes_of(kind) {
                    Some(bytes) => bytes,
                    None => return Ok(None),
                },
                from: self.values(1)?,
                address: self.address(0)?,
            },
            ["atom" | "red", rest @ ..] => return self.atomic(parts[0], rest, kind),
            [
                "bar" | "barrier" | "shfl" | "vote" | "match" | "redux" | "mma",
                ..,
            ] => {
                return Ok(self.sync(parts)?.map(Operation::Sync));
            }
            _ => match compute::of(parts) {
                Some(Compute::One(f)) => Operation::One {
                    f,
                    d: self.register(0)?,
                    a: self.value(1)?,
                },
                Some(Compute::Two(f)) => Operation::Two {
                    f,
                    d: self.register(0)?,
                    a: self.value(1)?,
                    b: self.value(2)?,
                },
                Some(Compute::Three(f)) => Operation::Three {
                    f,
                    d: self.register(0)?,
                    a: self.value(1)?,
                    b: self.value(2)?,
                    c: self.value(3)?,
                },
                None => return Ok(None),
            },
        }))
    }

    pub(super) fn mov(&self, kind: &str) -> Result<Option<Operation>, PtxError> {
        let bits = match (kind, bytes_of(kind)) {
            ("pred", _) => 64,
            (_, Some(bytes)) => 8 * bytes,
            (_, None) => return Ok(None),
        };
        let (to, from) = (self.targets(0)?, self.values(1)?);
        if ![to.len(), from.len()]
            .iter()
            .all(|parts| matches!(parts, 1 | 2 | 4))
        {
            return Ok(None);
        }
        if to.len() > 1 {
            let bits = bits / to.len() as u32;
            return Ok(Some(Operation::Split {
                parts: to,
                a: self.value(1)?,
                bits,
            }));
        }
        let d = self.register(0)?;
        if from.len() > 1 {
            let bits = bits / from.len() as u32;
            return Ok(Some(Operation::Join {
                d,
                parts: from,
                bits,
            }));
        }
        Ok(Some(Operation::One {
            f: compute::copy(bits),
            d,
            a: self.value(1)?,
        }))
    }

    pub(super) fn atomic(
        &self,
        kind: &str,
        rest: &[&str],
        of: &str,
    ) -> Result<Option<Operation>, PtxError> {
        let (Some(bytes), Some(f)) = (bytes_of(of), compute::atomic(rest)) else {
            return Ok(None);
        };
        // A reduction gives nothing back.
        let first = usize::from(kind == "atom");
        Ok(Some(Operation::Atomic(Atomic {
            space: Space::of(rest),
            bytes,
            f,
            d: match kind {
                "atom" => self.targets(0)?.first().copied().flatten(),
                _ => None,
            },
            address: self.address(first)?,
            b: self.value(first + 1)?,
            swap: match rest.contains(&"cas") {
                true => Some(self.value(first + 2)?),
                false => None,
            },
        })))
    }
}

//! Instructions: what a statement of PTX does, decoded.

use std::collections::HashMap;

use super::body::Scopes;
use super::operand::Operand;
use super::program::{Parameter, PtxError};
use crate::compute::{self, Compute, One, Two};

/// An instruction with its guard.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    /// The predicate, and the value that it must have.
    pub(crate) guard: Option<(u32, bool)>,
    pub(crate) operation: Operation,
}

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    One {
        f: One,
        d: u32,
        a: Operand,
    },
    Two {
        f: Two,
        d: u32,
        a: Operand,
        b: Operand,
    },
    Three {
        f: compute::Three,
        d: u32,
        a: Operand,
        b: Operand,
        c: Operand,
    },
    /// `a` where the predicate holds, else `b`.
    Select {
        d: u32,
        a: Operand,
        b: Operand,
        predicate: Operand,
    },
    /// The lowest bits of `a`, as many as a length says, into `b` at a position.
    Insert {
        d: u32,
        a: Operand,
        b: Operand,
        position: Operand,
        length: Operand,
        bits: u32,
    },
    /// Parts of a number, from the lowest, to one number.
    Join {
        d: u32,
        parts: Vec<Operand>,
        bits: u32,
    },
    /// A number to its parts, from the lowest.
    Split {
        parts: Vec<Option<u32>>,
        a: Operand,
        bits: u32,
    },
    Load {
        space: Space,
        bytes: u32,
        signed: bool,
        to: Vec<Option<u32>>,
        address: Address,
    },
    Store {
        space: Space,
        bytes: u32,
        from: Vec<Operand>,
        address: Address,
    },
    Atomic(Atomic),
    Branch(usize),
    Call {
        function: usize,
        arguments: Vec<Parameter>,
        result: Option<Parameter>,
    },
    Return,
    Exit,
    /// What has no effect on results, such as a prefetch.
    Nothing,
    Sync(Sync),
}

/// An address: a base and what is added to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub(crate) base: Operand,
    pub(crate) offset: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Space {
    Generic,
    /// Global and constant memory.
    Global,
    Shared,
    Local,
    Parameter,
}

/// A read, a computation and a write that nothing comes between.
#[derive(Clone, Debug)]
pub(crate) struct Atomic {
    pub(crate) space: Space,
    pub(crate) bytes: u32,
    /// What is written, of the value there and the operand.
    pub(crate) f: Two,
    pub(crate) d: Option<u32>,
    pub(crate) address: Address,
    pub(crate) b: Operand,
    /// With `cas`: what is written where the value there is `b`.
    pub(crate) swap: Option<Operand>,
}

/// What waits for other threads.
#[derive(Clone, Debug)]
pub(crate) enum Sync {
    /// All threads of the block; with a reduction, over a predicate of each.
    Barrier(Option<(Reduction, u32, Operand)>),
    /// The lanes of a mask.
    Warp { mask: Operand },
    Shuffle {
        mode: Shuffle,
        d: u32,
        inside: Option<u32>,
        a: Operand,
        b: Operand,
        c: Operand,
        mask: Operand,
    },
    Vote {
        mode: Vote,
        d: u32,
        a: Operand,
        mask: Operand,
    },
    /// The lanes that have the same number.
    Match {
        d: u32,
        a: Operand,
        bits: u32,
        mask: Operand,
    },
    /// The sum, minimum or such of the lanes' numbers.
    Reduce {
        f: Two,
        d: u32,
        a: Operand,
        mask: Operand,
    },
    /// The product of matrices of 8 x 16 and 16 x 8 bytes; whether those of `a` and `b` are signed.
    Multiply {
        d: [u32; 2],
        a: Operand,
        b: Operand,
        c: [Operand; 2],
        signed: [bool; 2],
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reduction {
    Count,
    All,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shuffle {
    Up,
    Down,
    Butterfly,
    Index,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Vote {
    All,
    Any,
    Ballot,
}

/// An instruction whose branch names its label.
pub(super) struct Statement {
    instruction: Instruction,
    label: Option<String>,
}

impl Statement {
    pub(super) fn parse(first: &str, rest: &[&str], scopes: &Scopes<'_>) -> Result<Self, PtxError> {
        let (guard, name, rest) = match (first, rest) {
            ("@", ["!", predicate, name, rest @ ..]) => (Some((*predicate, false)), *name, rest),
            ("@", [predicate, name, rest @ ..]) => (Some((*predicate, true)), *name, rest),
            (name, rest) => (None, name, rest),
        };
        let guard = match guard {
            Some((predicate, value)) => {
                let register = scopes.register(predicate);
                let register = register.ok_or_else(|| PtxError::Operand(predicate.to_owned()))?;
                Some((register, value))
            }
            None => None,
        };
        let operands = Operands::new(rest, scopes);
        let parts: Vec<&str> = name.split('.').collect();
        let mut label = None;
        let operation = match parts[0] {
            "bra" => {
                label = Some(operands.text(0)?.to_owned());
                Operation::Branch(0)
            }
            "call" => operands.call()?,
            _ => operands
                .operation(&parts)?
                .ok_or_else(|| PtxError::Instruction(name.to_owned()))?,
        };
        let instruction = Instruction { guard, operation };
        Ok(Statement { instruction, label })
    }

    pub(super) fn resolve(
        mut self,
        labels: &HashMap<String, usize>,
    ) -> Result<Instruction, PtxError> {
        if let Some(label) = self.label {
            let target = labels.get(&label).copied();
            self.instruction.operation = Operation::Branch(target.ok_or(PtxError::Target(label))?);
        }
        Ok(self.instruction)
    }
}

/// The operands of a statement, parted at commas outside of brackets.
struct Operands<'t, 'n> {
    parts: Vec<&'t [&'t str]>,
    scopes: &'n Scopes<'n>,
}

impl<'t, 'n> Operands<'t, 'n> {
    fn new(tokens: &'t [&'t str], scopes: &'n Scopes<'n>) -> Self {
        let mut depth = 0;
        let parts = tokens
            .split(|token| {
                match *token {
                    "{" | "[" | "(" => depth += 1,
                    "}" | "]" | ")" => depth -= 1,
                    _ => {}
                }
                *token == "," && depth == 0
            })
            .collect();
        Operands { parts, scopes }
    }

    fn part(&self, index: usize) -> Result<&'t [&'t str], PtxError> {
        let missing = || PtxError::Operand(format!("{index}, which is missing"));
        self.parts.get(index).copied().ok_or_else(missing)
    }

    fn text(&self, index: usize) -> Result<&'t str, PtxError> {
        match self.part(index)? {
            [word] => Ok(word),
            part => Err(PtxError::Operand(part.concat())),
        }
    }

    fn value(&self, index: usize) -> Result<Operand, PtxError> {
        Operand::parse(self.part(index)?, self.scopes)
    }

    fn register(&self, index: usize) -> Result<u32, PtxError> {
        let text = self.text(index)?;
        let register = self.scopes.register(text);
        register.ok_or_else(|| PtxError::Operand(text.to_owned()))
    }

    /// The operands in braces, or the one without.
    fn list(&self, index: usize) -> Result<Vec<&'t [&'t str]>, PtxError> {
        Ok(match self.part(index)? {
            ["{", inner @ .., "}"] => inner.split(|token| *token == ",").collect(),
            part => vec![part],
        })
    }

    fn values(&self, index: usize) -> Result<Vec<Operand>, PtxError> {
        let list = self.list(index)?;
        list.iter()
            .map(|part| Operand::parse(part, self.scopes))
            .collect()
    }

    /// Registers to write; `_` is none.
    fn targets(&self, index: usize) -> Result<Vec<Option<u32>>, PtxError> {
        let target = |part: &&[&str]| match part {
            ["_"] => Ok(None),
            [word] => self
                .scopes
                .register(word)
                .map(Some)
                .ok_or_else(|| PtxError::Operand((*word).to_owned())),
            part => Err(PtxError::Operand(part.concat())),
        };
        self.list(index)?.iter().map(target).collect()
    }

    fn pair<T: Copy>(list: &[T], of: &'t [&'t str]) -> Result<[T; 2], PtxError> {
        <[T; 2]>::try_from(list).map_err(|_| PtxError::Operand(of.concat()))
    }

    fn address(&self, index: usize) -> Result<Address, PtxError> {
        let part = self.part(index)?;
        let wrong = || PtxError::Operand(part.concat());
        let ["[", inner @ .., "]"] = part else {
            return Err(wrong());
        };
        let (base, offset) = match inner {
            [base] => (base, 0),
            [base, "+", "-", number] => {
                let offset = super::operand::number(number).ok_or_else(wrong)?;
                (base, offset.wrapping_neg())
            }
            [base, "+", number] => (base, super::operand::number(number).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        };
        let base = Operand::parse(std::slice::from_ref(base), self.scopes)?;
        Ok(Address { base, offset })
    }

    fn call(&self) -> Result<Operation, PtxError> {
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
    fn operation(&self, parts: &[&str]) -> Result<Option<Operation>, PtxError> {
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

    fn mov(&self, kind: &str) -> Result<Option<Operation>, PtxError> {
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

    fn atomic(&self, kind: &str, rest: &[&str], of: &str) -> Result<Option<Operation>, PtxError> {
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

    fn sync(&self, parts: &[&str]) -> Result<Option<Sync>, PtxError> {
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

impl Space {
    fn of(parts: &[&str]) -> Space {
        let spaces = parts.iter().find_map(|part| match *part {
            "global" | "const" => Some(Space::Global),
            "shared" => Some(Space::Shared),
            "local" => Some(Space::Local),
            "param" => Some(Space::Parameter),
            _ => None,
        });
        spaces.unwrap_or(Space::Generic)
    }
}

/// The bytes of a type, as in `u32`.
fn bytes_of(kind: &str) -> Option<u32> {
    let bits = kind.strip_prefix(['u', 's', 'b', 'f'])?;
    match bits {
        "8" => Some(1),
        "16" => Some(2),
        "32" => Some(4),
        "64" => Some(8),
        _ => None,
    }
}

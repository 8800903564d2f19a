//! Instructions: what a statement of PTX does, decoded.

use super::operand::Operand;
use super::program::Parameter;
use crate::compute::{self, One, Two};

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

impl Space {
    pub(super) fn of(parts: &[&str]) -> Space {
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
pub(super) fn bytes_of(kind: &str) -> Option<u32> {
    let bits = kind.strip_prefix(['u', 's', 'b', 'f'])?;
    match bits {
        "8" => Some(1),
        "16" => Some(2),
        "32" => Some(4),
        "64" => Some(8),
        _ => None,
    }
}

//! Operands: registers, numbers, and what a thread knows of itself.

use super::body::Scopes;
use super::program::PtxError;

/// What an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operand {
    Register(u32),
    /// A predicate, negated.
    Not(u32),
    Number(u64),
    Special(Special),
    /// An offset in the local memory of the function's frame.
    Local(u64),
}

/// A number that a thread knows of itself and its launch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Special {
    /// `%tid`, along an axis.
    Thread(usize),
    /// `%ntid`
    Threads(usize),
    /// `%ctaid`
    Block(usize),
    /// `%nctaid`
    Blocks(usize),
    /// `%laneid`
    Lane,
    /// `%lanemask_lt`: the lanes before this one.
    LanesBefore,
}

impl Special {
    fn parse(word: &str) -> Option<Special> {
        let (name, axis) = word
            .strip_prefix('%')?
            .split_once('.')
            .unwrap_or((&word[1..], ""));
        let axis = ["x", "y", "z"].iter().position(|known| *known == axis);
        Some(match (name, axis) {
            ("tid", Some(axis)) => Special::Thread(axis),
            ("ntid", Some(axis)) => Special::Threads(axis),
            ("ctaid", Some(axis)) => Special::Block(axis),
            ("nctaid", Some(axis)) => Special::Blocks(axis),
            ("laneid", None) => Special::Lane,
            ("lanemask_lt", None) => Special::LanesBefore,
            _ => return None,
        })
    }
}

impl Operand {
    /// The operand of these tokens.
    pub(super) fn parse(tokens: &[&str], scopes: &Scopes<'_>) -> Result<Operand, PtxError> {
        let unknown = || PtxError::Operand(tokens.concat());
        match tokens {
            ["!", word] => scopes.register(word).map(Operand::Not).ok_or_else(unknown),
            ["-", word] => negative(word).map(Operand::Number).ok_or_else(unknown),
            [word] => scopes
                .register(word)
                .map(Operand::Register)
                .or_else(|| number(word).map(Operand::Number))
                .or_else(|| Special::parse(word).map(Operand::Special))
                .or_else(|| scopes.variable(word))
                .ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }
}

/// An integer behind a minus sign. Floating-point numbers have their sign in their bits.
pub(super) fn negative(word: &str) -> Option<u64> {
    let is_float = word.starts_with("0f")
        || word.starts_with("0F")
        || word.starts_with("0d")
        || word.starts_with("0D");
    number(word).filter(|_| !is_float).map(u64::wrapping_neg)
}

/// A number as PTX writes it: decimal, hexadecimal, or the bits of a floating-point number.
pub(super) fn number(word: &str) -> Option<u64> {
    let word = word.strip_suffix('U').unwrap_or(word);
    if let Some(bits) = word.strip_prefix("0f").or_else(|| word.strip_prefix("0F")) {
        return u64::from_str_radix(bits, 16)
            .ok()
            .filter(|_| bits.len() == 8);
    }
    if let Some(bits) = word.strip_prefix("0d").or_else(|| word.strip_prefix("0D")) {
        return u64::from_str_radix(bits, 16)
            .ok()
            .filter(|_| bits.len() == 16);
    }
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        // Of other digits behind a zero PTX makes octal numbers, which compilers do not write.
        None if word.len() > 1 && word.starts_with('0') => None,
        None => word.parse().ok(),
    }
}

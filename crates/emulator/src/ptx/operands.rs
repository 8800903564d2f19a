//! The operands of a statement, by their places.

use super::body::Scopes;
use super::instruction::Address;
use super::operand::Operand;
use super::program::PtxError;

/// The operands of a statement, parted at commas outside of brackets.
pub(super) struct Operands<'t, 'n> {
    pub(super) parts: Vec<&'t [&'t str]>,
    pub(super) scopes: &'n Scopes<'n>,
}

impl<'t, 'n> Operands<'t, 'n> {
    pub(super) fn new(tokens: &'t [&'t str], scopes: &'n Scopes<'n>) -> Self {
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

    pub(super) fn part(&self, index: usize) -> Result<&'t [&'t str], PtxError> {
        let missing = || PtxError::Operand(format!("{index}, which is missing"));
        self.parts.get(index).copied().ok_or_else(missing)
    }

    pub(super) fn text(&self, index: usize) -> Result<&'t str, PtxError> {
        match self.part(index)? {
            [word] => Ok(word),
            part => Err(PtxError::Operand(part.concat())),
        }
    }

    pub(super) fn value(&self, index: usize) -> Result<Operand, PtxError> {
        Operand::parse(self.part(index)?, self.scopes)
    }

    pub(super) fn register(&self, index: usize) -> Result<u32, PtxError> {
        let text = self.text(index)?;
        let register = self.scopes.register(text);
        register.ok_or_else(|| PtxError::Operand(text.to_owned()))
    }

    /// The operands in braces, or the one without.
    pub(super) fn list(&self, index: usize) -> Result<Vec<&'t [&'t str]>, PtxError> {
        Ok(match self.part(index)? {
            ["{", inner @ .., "}"] => inner.split(|token| *token == ",").collect(),
            part => vec![part],
        })
    }

    pub(super) fn values(&self, index: usize) -> Result<Vec<Operand>, PtxError> {
        let list = self.list(index)?;
        list.iter()
            .map(|part| Operand::parse(part, self.scopes))
            .collect()
    }

    /// Registers to write; `_` is none.
    pub(super) fn targets(&self, index: usize) -> Result<Vec<Option<u32>>, PtxError> {
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

    pub(super) fn pair<T: Copy>(list: &[T], of: &'t [&'t str]) -> Result<[T; 2], PtxError> {
        <[T; 2]>::try_from(list).map_err(|_| PtxError::Operand(of.concat()))
    }

    pub(super) fn address(&self, index: usize) -> Result<Address, PtxError> {
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
}

//! Statements: the words of an instruction.

use std::collections::HashMap;

use super::body::Scopes;
use super::instruction::{Instruction, Operation};
use super::operands::Operands;
use super::program::PtxError;

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

//! A module: its variables and functions.

use std::collections::{BTreeMap, HashMap};
use thiserror::Error;

use super::body::{self, Cursor};
use super::instruction::Instruction;
use super::operand::{Operand, negative, number};
use super::tokens::tokens;

/// Why a PTX text cannot be run.
#[derive(Debug, Error)]
pub enum PtxError {
    /// The emulator does not have the instruction.
    #[error("the emulator has no instruction `{0}`")]
    Instruction(String),
    /// An operand of a form that the emulator does not have, or of a name that is not declared.
    #[error("no operand `{0}`")]
    Operand(String),
    /// A directive that the emulator does not have.
    #[error("no directive `{0}`")]
    Directive(String),
    /// The text breaks off, or has another token than PTX has there.
    #[error("the text has `{found}` where {wanted} belongs")]
    Syntax {
        /// The token; empty at the end.
        found: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// Two variables in shared memory, or two labels of a function, have one name.
    #[error("`{0}` is declared twice")]
    Twice(String),
    /// A variable or a number of registers that no kernel of a GPU has.
    #[error("`{0}` is larger than memory of a GPU")]
    TooLarge(String),
    /// A branch or a call to a name that is not there.
    #[error("no label or function `{0}`")]
    Target(String),
}

/// A module as a program: what its kernels do, in a form to be run.
#[derive(Debug)]
pub struct Program {
    pub(crate) functions: Vec<Function>,
    entries: BTreeMap<String, usize>,
    /// The variables in global and constant memory, one after the other.
    pub(crate) statics: Vec<u8>,
    /// Bytes of the variables in shared memory; what a launch asks for comes behind them.
    pub(crate) shared: u64,
}

/// A kernel or a device function.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) registers: usize,
    /// Bytes of local memory of each thread.
    pub(crate) local: u64,
    /// The parameters, in order; of a device function also what it returns.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Option<Parameter>,
    /// Bytes of the parameters, and of those that the function passes on.
    pub(crate) parameter_bytes: u64,
}

/// A parameter: its place among the bytes of all parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

/// The address at which variables in global memory begin; nothing of the process and of the fake driver is there.
pub(crate) const STATICS: u64 = 0x6000_0000_0000_0000;

/// The variables and functions of the module while it is read.
#[derive(Default)]
pub(super) struct Names {
    pub(super) variables: HashMap<String, Operand>,
    /// Functions that were declared, by name; the index of each.
    pub(super) functions: HashMap<String, usize>,
    statics: Vec<u8>,
    pub(super) shared: u64,
}

/// A variable as it is declared: `.align 16 .b8 name[64]`.
pub(super) struct Declared<'t> {
    pub(super) name: &'t str,
    pub(super) align: u64,
    pub(super) item: u64,
    /// Bytes; `None` for an array without a length.
    pub(super) bytes: Option<u64>,
}

impl Names {
    /// Reserves shared memory for a variable.
    pub(super) fn share(&mut self, declared: &Declared<'_>) -> Operand {
        let offset = self.shared.next_multiple_of(declared.align);
        self.shared = offset + declared.bytes.unwrap_or(0);
        Operand::Number(offset)
    }

    fn keep(&mut self, declared: &Declared<'_>, values: &[u64]) -> Operand {
        let start = (self.statics.len() as u64).next_multiple_of(declared.align);
        let end = start + declared.bytes.unwrap_or(0);
        self.statics.resize(end as usize, 0);
        for (index, value) in values.iter().enumerate() {
            let item = declared.item as usize;
            let at = start as usize + index * item;
            if let Some(place) = self.statics.get_mut(at..at + item) {
                place.copy_from_slice(&value.to_le_bytes()[..item]);
            }
        }
        Operand::Number(STATICS + start)
    }
}

impl Program {
    /// Reads a module.
    ///
    /// # Errors
    /// [`PtxError`] for an instruction that the emulator does not have, and for what is no PTX.
    pub fn parse(text: &str) -> Result<Program, PtxError> {
        let tokens = tokens(text);
        let mut cursor = Cursor::new(&tokens);
        let mut names = Names::default();
        let mut functions: Vec<Function> = Vec::new();
        let mut entries = BTreeMap::new();
        // Arrays without a length begin behind all others, so that their place is known at the end: they are given a first pass.
        reserve_shared(&tokens, &mut names)?;
        while let Some(word) = cursor.next() {
            match word {
                ".version" | ".target" | ".address_size" => {
                    cursor.next();
                    while cursor.peek() == Some(",") {
                        cursor.next();
                        cursor.next();
                    }
                }
                ".visible" | ".weak" | ".extern" => {}
                ".global" | ".const" => {
                    let declared = cursor.declared()?;
                    let values = values(&mut cursor)?;
                    let place = names.keep(&declared, &values);
                    names.variables.insert(declared.name.to_owned(), place);
                }
                ".shared" => {
                    cursor.declared()?;
                    cursor.expect(";")?;
                }
                ".entry" | ".func" => {
                    let function = body::function(&mut cursor, &mut names)?;
                    names
                        .functions
                        .insert(function.name.clone(), functions.len());
                    if word == ".entry" {
                        entries.insert(function.name.clone(), functions.len());
                    }
                    functions.push(function);
                }
                other => return Err(PtxError::Directive(other.to_owned())),
            }
        }
        Ok(Program {
            functions,
            entries,
            statics: names.statics,
            shared: names.shared,
        })
    }

    /// The names of the kernels.
    pub fn kernels(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The function of a kernel.
    pub(crate) fn kernel(&self, name: &str) -> Option<&Function> {
        self.entries.get(name).map(|index| &self.functions[*index])
    }
}

/// Gives every variable in shared memory its place, those of functions too: first the ones of known size.
fn reserve_shared(tokens: &[&str], names: &mut Names) -> Result<(), PtxError> {
    let mut external = Vec::new();
    let mut cursor = Cursor::new(tokens);
    while let Some(word) = cursor.next() {
        if word != ".shared" {
            continue;
        }
        let declared = cursor.declared()?;
        if declared.bytes.is_none() {
            external.push(declared);
            continue;
        }
        let place = names.share(&declared);
        if names
            .variables
            .insert(declared.name.to_owned(), place)
            .is_some()
        {
            return Err(PtxError::Twice(declared.name.to_owned()));
        }
    }
    names.shared = names.shared.next_multiple_of(16);
    for declared in external {
        // All of them are the same memory, that of the launch.
        let place = Operand::Number(names.shared);
        names.variables.insert(declared.name.to_owned(), place);
    }
    Ok(())
}

/// The values behind a variable: `= 5;`, `= {1, 2};`, or `;` alone.
fn values(cursor: &mut Cursor<'_, '_>) -> Result<Vec<u64>, PtxError> {
    let mut values = Vec::new();
    let mut is_negative = false;
    while let Some(word) = cursor.next() {
        match word {
            ";" => return Ok(values),
            "=" | "{" | "}" | "," => {}
            "-" => is_negative = true,
            word => {
                let value = if is_negative {
                    negative(word)
                } else {
                    number(word)
                };
                values.push(value.ok_or_else(|| PtxError::Operand(word.to_owned()))?);
                is_negative = false;
            }
        }
    }
    Err(PtxError::Syntax {
        found: String::new(),
        wanted: "`;`",
    })
}

//! Functions: the declarations and statements between their braces.

use std::collections::HashMap;

use super::instruction::{Instruction, Operation};
use super::operand::{Operand, number};
use super::program::{Declared, Function, Names, Parameter, PtxError};
use super::statement::Statement;

/// A place among the tokens.
pub(super) struct Cursor<'t, 's> {
    tokens: &'s [&'t str],
    at: usize,
}

impl<'t, 's> Cursor<'t, 's> {
    pub(super) fn new(tokens: &'s [&'t str]) -> Self {
        Cursor { tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<&'t str> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    fn word(&mut self, wanted: &'static str) -> Result<&'t str, PtxError> {
        self.next().ok_or(PtxError::Syntax {
            found: String::new(),
            wanted,
        })
    }

    pub(super) fn expect(&mut self, wanted: &'static str) -> Result<(), PtxError> {
        match self.word(wanted)? {
            found if found == wanted => Ok(()),
            found => Err(PtxError::Syntax {
                found: found.to_owned(),
                wanted,
            }),
        }
    }

    /// The tokens up to a sign, which is taken too.
    fn until(&mut self, end: &'static str) -> Result<&'s [&'t str], PtxError> {
        let rest = &self.tokens[self.at..];
        let length = rest.iter().position(|token| *token == end);
        let length = length.ok_or(PtxError::Syntax {
            found: String::new(),
            wanted: end,
        })?;
        self.at += length + 1;
        Ok(&rest[..length])
    }

    /// A variable: `.align 16 .b8 name[64]`; the alignment and the length may be missing.
    pub(super) fn declared(&mut self) -> Result<Declared<'t>, PtxError> {
        let wanted = "a variable";
        let mut word = self.word(wanted)?;
        let mut align = None;
        if word == ".align" {
            let text = self.word(wanted)?;
            let wrong = || PtxError::Directive(format!(".align {text}"));
            let number = number(text).filter(|align| align.is_power_of_two() && *align <= 4096);
            align = Some(number.ok_or_else(wrong)?);
            word = self.word(wanted)?;
        }
        let item = bytes_of(word).ok_or_else(|| PtxError::Directive(word.to_owned()))?;
        let name = self.word(wanted)?;
        let mut bytes = Some(item);
        if self.peek() == Some("[") {
            self.next();
            let length = self.until("]")?;
            let too_large = || PtxError::TooLarge(name.to_owned());
            bytes = match length {
                [] => None,
                [text] => {
                    let length =
                        number(text).ok_or_else(|| PtxError::Operand((*text).to_owned()))?;
                    Some(
                        length
                            .checked_mul(item)
                            .filter(|bytes| *bytes <= MOST_BYTES)
                            .ok_or_else(too_large)?,
                    )
                }
                length => return Err(PtxError::Operand(length.concat())),
            };
        }
        Ok(Declared {
            name,
            align: align.unwrap_or(item),
            item,
            bytes,
        })
    }
}

/// The most bytes of a variable: what constant memory has, many times.
const MOST_BYTES: u64 = 1 << 20;
/// The most registers of one name; compilers number them without end, but give a GPU 255.
const MOST_REGISTERS: u64 = 1 << 16;

/// The bytes of a type, as in `.b32`.
fn bytes_of(kind: &str) -> Option<u64> {
    let kind = kind.strip_prefix('.')?;
    Some(match kind {
        "pred" => 1,
        _ => match kind.get(1..)? {
            "8" => 1,
            "16" => 2,
            "32" => 4,
            "64" => 8,
            _ => return None,
        },
    })
}

/// The names that a function's statements know, by block.
pub(super) struct Scopes<'n> {
    module: &'n Names,
    /// Registers and variables of each open block.
    blocks: Vec<HashMap<String, Operand>>,
    parameters: HashMap<String, Parameter>,
    registers: u32,
    local: u64,
    parameter_bytes: u64,
}

impl Scopes<'_> {
    fn find(&self, name: &str) -> Option<Operand> {
        self.blocks
            .iter()
            .rev()
            .find_map(|block| block.get(name).copied())
    }

    /// The register of this name.
    pub(super) fn register(&self, name: &str) -> Option<u32> {
        match self.find(name)? {
            Operand::Register(register) => Some(register),
            _ => None,
        }
    }

    /// The address of the variable of this name.
    pub(super) fn variable(&self, name: &str) -> Option<Operand> {
        let own = self.find(name);
        own.or_else(|| self.module.variables.get(name).copied())
            .or_else(|| self.parameter(name).map(|p| Operand::Number(p.offset)))
    }

    pub(super) fn parameter(&self, name: &str) -> Option<Parameter> {
        self.parameters.get(name).copied()
    }

    pub(super) fn function(&self, name: &str) -> Option<usize> {
        self.module.functions.get(name).copied()
    }

    fn declare(&mut self, name: &str, place: Operand) {
        if let Some(block) = self.blocks.last_mut() {
            block.insert(name.to_owned(), place);
        }
    }

    fn new_register(&mut self, name: &str) {
        let register = self.registers;
        self.registers += 1;
        self.declare(name, Operand::Register(register));
    }

    fn new_parameter(&mut self, declared: &Declared<'_>) -> Parameter {
        let offset = self.parameter_bytes.next_multiple_of(declared.align);
        let bytes = declared.bytes.unwrap_or(0);
        self.parameter_bytes = offset + bytes;
        let parameter = Parameter { offset, bytes };
        self.parameters.insert(declared.name.to_owned(), parameter);
        parameter
    }

    /// Registers: `.reg .b32 a, b, %r<12>;`
    fn registers(&mut self, tokens: &[&str]) -> Result<(), PtxError> {
        for words in tokens
            .get(1..)
            .unwrap_or_default()
            .split(|token| *token == ",")
        {
            match words {
                [name] => self.new_register(name),
                [prefix, "<", count, ">"] => {
                    let wrong = || PtxError::TooLarge(format!("{prefix}<{count}>"));
                    let count = number(count)
                        .filter(|count| *count <= MOST_REGISTERS)
                        .ok_or_else(wrong)?;
                    (0..count).for_each(|index| self.new_register(&format!("{prefix}{index}")));
                }
                _ => return Err(PtxError::Operand(words.concat())),
            }
        }
        Ok(())
    }
}

/// Reads a function behind `.entry` or `.func`.
pub(super) fn function(
    cursor: &mut Cursor<'_, '_>,
    names: &mut Names,
) -> Result<Function, PtxError> {
    let mut scopes = Scopes {
        module: names,
        blocks: vec![HashMap::new()],
        parameters: HashMap::new(),
        registers: 0,
        local: 0,
        parameter_bytes: 0,
    };
    let mut result = None;
    if cursor.peek() == Some("(") {
        result = parameters(cursor, &mut scopes)?.first().copied();
    }
    let name = cursor.word("a name")?.to_owned();
    let parameters = match cursor.peek() {
        Some("(") => parameters(cursor, &mut scopes)?,
        _ => Vec::new(),
    };
    // Limits of the launch, such as `.maxntid 256, 1, 1`.
    if cursor.until("{")?.contains(&";") {
        return Err(PtxError::Directive(format!(
            "a function without a body: {name}"
        )));
    }
    let mut statements = Vec::new();
    let mut labels = HashMap::new();
    while !scopes.blocks.is_empty() {
        let word = cursor.word("`}`")?;
        match word {
            "{" => scopes.blocks.push(HashMap::new()),
            "}" => {
                scopes.blocks.pop();
            }
            ".reg" => scopes.registers(cursor.until(";")?)?,
            ".local" => {
                let declared = cursor.declared()?;
                cursor.expect(";")?;
                let offset = scopes.local.next_multiple_of(declared.align);
                scopes.local = offset + declared.bytes.unwrap_or(0);
                // What a thread has at most on a GPU.
                if scopes.local > 512 << 10 {
                    return Err(PtxError::TooLarge(declared.name.to_owned()));
                }
                scopes.declare(declared.name, Operand::Local(offset));
            }
            ".param" => {
                let declared = cursor.declared()?;
                cursor.expect(";")?;
                scopes.new_parameter(&declared);
            }
            // Its place is known since before.
            ".shared" => {
                cursor.declared()?;
                cursor.expect(";")?;
            }
            ".pragma" => {
                cursor.until(";")?;
            }
            word if word.starts_with('.') => return Err(PtxError::Directive(word.to_owned())),
            label if cursor.peek() == Some(":") => {
                cursor.next();
                if labels.insert(label.to_owned(), statements.len()).is_some() {
                    return Err(PtxError::Twice(label.to_owned()));
                }
            }
            first => {
                let rest = cursor.until(";")?;
                statements.push(Statement::parse(first, rest, &scopes)?);
            }
        }
    }
    let mut instructions = Vec::with_capacity(statements.len() + 1);
    for statement in statements {
        instructions.push(statement.resolve(&labels)?);
    }
    // Who runs over the end has returned.
    instructions.push(Instruction {
        guard: None,
        operation: Operation::Return,
    });
    Ok(Function {
        name,
        instructions,
        registers: scopes.registers as usize,
        local: scopes.local.next_multiple_of(16),
        parameters,
        result,
        parameter_bytes: scopes.parameter_bytes,
    })
}

fn parameters(
    cursor: &mut Cursor<'_, '_>,
    scopes: &mut Scopes<'_>,
) -> Result<Vec<Parameter>, PtxError> {
    cursor.expect("(")?;
    let mut found = Vec::new();
    loop {
        match cursor.word("`)`")? {
            ")" => return Ok(found),
            "," => {}
            ".param" => {
                let declared = cursor.declared()?;
                found.push(scopes.new_parameter(&declared));
            }
            other => return Err(PtxError::Directive(other.to_owned())),
        }
    }
}

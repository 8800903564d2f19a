//! A thread: it runs until it ends or waits.

use super::Fault;
use super::memory::{Memory, Reach};
use crate::compute::insert;
use crate::ptx::{
    Address, Atomic, Function, Operand, Operation, Parameter, Program, Special, Sync,
};

/// What a launch and a block have in common for their threads.
pub(super) struct Surroundings<'p> {
    pub(super) program: &'p Program,
    pub(super) grid: [u32; 3],
    pub(super) block_size: [u32; 3],
    pub(super) block: [u32; 3],
}

/// A call of a function that has not returned.
pub(super) struct Frame<'p> {
    pub(super) function: &'p Function,
    /// The next instruction.
    pub(super) at: usize,
    pub(super) registers: Vec<u64>,
    pub(super) parameters: Vec<u8>,
    /// Where the function's local memory begins.
    pub(super) local: u64,
    /// Where the caller wants the result.
    result: Option<Parameter>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Ready,
    /// At an instruction that waits for other threads.
    Waiting,
    Ended,
}

pub(super) struct Thread<'p> {
    pub(super) index: [u32; 3],
    pub(super) lane: u32,
    pub(super) state: State,
    pub(super) frames: Vec<Frame<'p>>,
    pub(super) local: Vec<u8>,
}

impl<'p> Frame<'p> {
    fn new(function: &'p Function, local: u64) -> Self {
        Frame {
            function,
            at: 0,
            registers: vec![0; function.registers],
            parameters: vec![0; function.parameter_bytes as usize],
            local,
            result: None,
        }
    }
}

impl<'p> Thread<'p> {
    pub(super) fn new(index: [u32; 3], lane: u32, function: &'p Function) -> Self {
        Thread {
            index,
            lane,
            state: State::Ready,
            frames: vec![Frame::new(function, 0)],
            local: vec![0xCD; function.local as usize],
        }
    }

    /// Makes the thread one that begins, with these bytes of parameters.
    pub(super) fn begin(&mut self, parameters: &[u8]) {
        self.state = State::Ready;
        self.frames.truncate(1);
        let frame = &mut self.frames[0];
        frame.at = 0;
        let own = parameters.len().min(frame.parameters.len());
        frame.parameters[..own].copy_from_slice(&parameters[..own]);
    }

    /// The instruction that the thread waits at.
    pub(super) fn waits_at(&self) -> Option<&'p Sync> {
        let frame = self.frames.last()?;
        match &frame.function.instructions.get(frame.at)?.operation {
            Operation::Sync(sync) if self.state == State::Waiting => Some(sync),
            _ => None,
        }
    }

    /// Goes on behind the instruction that the thread waited at.
    pub(super) fn go_on(&mut self) {
        self.state = State::Ready;
        if let Some(frame) = self.frames.last_mut() {
            frame.at += 1;
        }
    }

    pub(super) fn set(&mut self, register: u32, value: u64) {
        if let Some(frame) = self.frames.last_mut() {
            frame.registers[register as usize] = value;
        }
    }

    pub(super) fn value(&self, operand: Operand, around: &Surroundings<'_>) -> u64 {
        let frame = &self.frames[self.frames.len() - 1];
        value(
            operand,
            &frame.registers,
            frame.local,
            self.index,
            self.lane,
            around,
        )
    }

    /// Runs until the thread ends or waits; takes what it runs from `left`.
    pub(super) fn run(
        &mut self,
        around: &Surroundings<'p>,
        device: &mut dyn Memory,
        shared: &mut [u8],
        left: &mut u64,
    ) -> Result<(), Fault> {
        while self.state == State::Ready {
            let depth = self.frames.len() - 1;
            let Frame {
                function,
                at,
                registers,
                parameters,
                local: local_base,
                ..
            } = &mut self.frames[depth];
            let (index, lane, local_base) = (self.index, self.lane, *local_base);
            macro_rules! get {
                ($operand:expr) => {
                    value($operand, registers, local_base, index, lane, around)
                };
            }
            macro_rules! address {
                ($address:expr, $bytes:expr) => {{
                    let Address { base, offset } = $address;
                    let address = get!(base).wrapping_add(offset);
                    if !address.is_multiple_of(u64::from($bytes)) {
                        return Err(Fault::Unaligned {
                            address,
                            bytes: $bytes,
                        });
                    }
                    address
                }};
            }
            let mut reach = Reach {
                device: &mut *device,
                statics: &around.program.statics,
                shared: &mut *shared,
                local: &mut self.local,
                parameters,
            };
            let instructions = &function.instructions;
            let call = loop {
                let instruction = &instructions[*at];
                *left = left.checked_sub(1).ok_or(Fault::Endless)?;
                if let Some((predicate, wanted)) = instruction.guard
                    && (registers[predicate as usize] & 1 == 1) != wanted
                {
                    *at += 1;
                    continue;
                }
                match &instruction.operation {
                    Operation::One { f, d, a } => registers[*d as usize] = f(get!(*a)),
                    Operation::Two { f, d, a, b } => registers[*d as usize] = f(get!(*a), get!(*b)),
                    Operation::Three { f, d, a, b, c } => {
                        registers[*d as usize] = f(get!(*a), get!(*b), get!(*c));
                    }
                    Operation::Select { d, a, b, predicate } => {
                        let chosen = if get!(*predicate) & 1 == 1 { *a } else { *b };
                        registers[*d as usize] = get!(chosen);
                    }
                    Operation::Insert {
                        d,
                        a,
                        b,
                        position,
                        length,
                        bits,
                    } => {
                        let (position, length) = (get!(*position), get!(*length));
                        registers[*d as usize] =
                            insert(get!(*a), get!(*b), position, length, *bits);
                    }
                    Operation::Join { d, parts, bits } => {
                        let mask = (1 << bits) - 1;
                        let whole = parts
                            .iter()
                            .rev()
                            .fold(0, |whole, part| (whole << bits) | (get!(*part) & mask));
                        registers[*d as usize] = whole;
                    }
                    Operation::Split { parts, a, bits } => {
                        let whole = get!(*a);
                        for (part, place) in parts.iter().enumerate() {
                            if let Some(place) = place {
                                let value = (whole >> (part as u32 * bits)) & ((1 << bits) - 1);
                                registers[*place as usize] = value;
                            }
                        }
                    }
                    Operation::Load {
                        space,
                        bytes,
                        signed,
                        to,
                        address,
                    } => {
                        let all = bytes * to.len() as u32;
                        let start = address!(*address, all);
                        for (index, place) in to.iter().enumerate() {
                            let value = reach.read(
                                *space,
                                start + index as u64 * u64::from(*bytes),
                                *bytes,
                            )?;
                            if let Some(place) = place {
                                let unused = 64 - 8 * bytes;
                                registers[*place as usize] = match signed {
                                    true => (((value << unused) as i64) >> unused) as u64,
                                    false => value,
                                };
                            }
                        }
                    }
                    Operation::Store {
                        space,
                        bytes,
                        from,
                        address,
                    } => {
                        let all = bytes * from.len() as u32;
                        let start = address!(*address, all);
                        for (index, part) in from.iter().enumerate() {
                            let at = start + index as u64 * u64::from(*bytes);
                            reach.write(*space, at, *bytes, get!(*part))?;
                        }
                    }
                    Operation::Atomic(atomic) => {
                        let Atomic {
                            space,
                            bytes,
                            f,
                            d,
                            address,
                            b,
                            swap,
                        } = atomic;
                        let at = address!(*address, *bytes);
                        let there = reach.read(*space, at, *bytes)?;
                        let operand = get!(*b);
                        let unused = 64 - 8 * bytes;
                        let new = match swap {
                            None => Some(f(there, operand)),
                            Some(new) => (there << unused == operand << unused).then(|| get!(*new)),
                        };
                        if let Some(new) = new {
                            reach.write(*space, at, *bytes, new)?;
                        }
                        if let Some(d) = d {
                            registers[*d as usize] = there;
                        }
                    }
                    Operation::Branch(target) => {
                        *at = *target;
                        continue;
                    }
                    Operation::Nothing => {}
                    Operation::Sync(_) => {
                        self.state = State::Waiting;
                        break None;
                    }
                    Operation::Exit => {
                        self.state = State::Ended;
                        break None;
                    }
                    Operation::Return => break Some(None),
                    Operation::Call {
                        function,
                        arguments,
                        result,
                    } => {
                        *at += 1;
                        break Some(Some((*function, arguments, *result)));
                    }
                }
                *at += 1;
            };
            match call {
                None => {}
                Some(None) => self.give_back(),
                Some(Some((function, arguments, result))) => {
                    self.enter(&around.program.functions[function], arguments, result);
                }
            }
        }
        Ok(())
    }

    /// Begins a function, with the bytes of its arguments.
    fn enter(
        &mut self,
        function: &'p Function,
        arguments: &[Parameter],
        result: Option<Parameter>,
    ) {
        let caller = &self.frames[self.frames.len() - 1];
        let mut frame = Frame::new(function, caller.local + caller.function.local);
        frame.result = result;
        for (to, from) in function.parameters.iter().zip(arguments) {
            let (to, from) = (place(to), place(from));
            let length = to.len().min(from.len());
            frame.parameters[to][..length].copy_from_slice(&caller.parameters[from][..length]);
        }
        let local = (frame.local + function.local) as usize;
        self.local.resize(self.local.len().max(local), 0xCD);
        self.frames.push(frame);
    }

    /// Ends a function: the thread, or a call.
    fn give_back(&mut self) {
        if self.frames.len() == 1 {
            self.state = State::Ended;
            return;
        }
        let (Some(callee), Some(caller)) = (self.frames.pop(), self.frames.last_mut()) else {
            return;
        };
        if let (Some(from), Some(to)) = (callee.function.result, callee.result) {
            let (from, to) = (place(&from), place(&to));
            let length = to.len().min(from.len());
            caller.parameters[to][..length].copy_from_slice(&callee.parameters[from][..length]);
        }
    }
}

fn place(parameter: &Parameter) -> std::ops::Range<usize> {
    parameter.offset as usize..(parameter.offset + parameter.bytes) as usize
}

// Without this the compiler makes a call of it for each operand, which takes a third of the time.
#[inline(always)]
fn value(
    operand: Operand,
    registers: &[u64],
    local: u64,
    index: [u32; 3],
    lane: u32,
    around: &Surroundings<'_>,
) -> u64 {
    match operand {
        Operand::Register(register) => registers[register as usize],
        Operand::Number(number) => number,
        Operand::Not(register) => registers[register as usize] ^ 1,
        Operand::Local(offset) => local + offset,
        Operand::Special(special) => u64::from(match special {
            Special::Thread(axis) => index[axis],
            Special::Threads(axis) => around.block_size[axis],
            Special::Block(axis) => around.block[axis],
            Special::Blocks(axis) => around.grid[axis],
            Special::Lane => lane,
            Special::LanesBefore => (1 << lane) - 1,
        }),
    }
}

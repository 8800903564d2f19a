//! A block: its threads take turns until all have ended.

use super::memory::Memory;
use super::thread::{State, Surroundings, Thread};
use super::{Fault, Launch, Trap};
use crate::ptx::{Function, Program};

/// Threads of a warp.
pub(super) const LANES: usize = 32;

/// The threads of a block, which the blocks of a grid use one after the other.
pub(super) struct Block<'p, 'l> {
    launch: &'l Launch<'l>,
    around: Surroundings<'p>,
    pub(super) threads: Vec<Thread<'p>>,
    shared: Vec<u8>,
}

impl<'p, 'l> Block<'p, 'l> {
    pub(super) fn new(
        program: &'p Program,
        function: &'p Function,
        launch: &'l Launch<'l>,
    ) -> Self {
        let [width, height, depth] = launch.block;
        let mut threads = Vec::new();
        for z in 0..depth {
            for y in 0..height {
                for x in 0..width {
                    let lane = threads.len() % LANES;
                    threads.push(Thread::new([x, y, z], lane as u32, function));
                }
            }
        }
        Block {
            launch,
            around: Surroundings {
                program,
                grid: launch.grid,
                block_size: launch.block,
                block: [0; 3],
            },
            threads,
            shared: vec![0; program.shared as usize + launch.shared as usize],
        }
    }

    /// Runs the block at this place of the grid.
    pub(super) fn run(
        &mut self,
        block: [u32; 3],
        memory: &mut dyn Memory,
        left: &mut u64,
    ) -> Result<(), Trap> {
        self.around.block = block;
        // What no thread has written has no value that a kernel may rely on.
        self.shared.fill(0xCD);
        for thread in &mut self.threads {
            thread.begin(self.launch.parameters);
        }
        loop {
            let mut went_on = false;
            for index in 0..self.threads.len() {
                let thread = &mut self.threads[index];
                if thread.state == State::Ready {
                    went_on = true;
                    let outcome = thread.run(&self.around, memory, &mut self.shared, left);
                    outcome.map_err(|fault| self.trap(index, fault))?;
                }
            }
            if self
                .threads
                .iter()
                .all(|thread| thread.state == State::Ended)
            {
                return Ok(());
            }
            for warp in self.threads.chunks_mut(LANES) {
                went_on |= super::sync::warp(warp, &self.around);
            }
            went_on |= super::sync::barrier(&mut self.threads, &self.around);
            if !went_on {
                let waiting = self
                    .threads
                    .iter()
                    .position(|thread| thread.state == State::Waiting);
                return Err(self.trap(waiting.unwrap_or(0), Fault::Deadlock));
            }
        }
    }

    fn trap(&self, thread: usize, fault: Fault) -> Trap {
        let thread = &self.threads[thread];
        Trap {
            kernel: self.launch.kernel.to_owned(),
            block: self.around.block,
            thread: thread.index,
            instruction: thread.frames.last().map_or(0, |frame| frame.at),
            fault,
        }
    }
}

//! An operator is bound to memory that nobody has, and its launches are run.
#![forbid(unsafe_code)]

use pixelflume::device::Address;
use pixelflume::ops::{Binding, ImageBatch, Plan};
use pixelflume::prelude::*;
use pixelflume::scheduler::{Executor, Schedule};
use std::sync::Arc;

fn anywhere(executor: &mut Executor, schedule: &Schedule, plan: Arc<dyn Plan>) {
    let code = plan.clone().code(executor.device()).unwrap();
    let at = |base| ImageBatch::tight(ImageShape::u8(8, 8, 1), 1, Address::new(base));
    let binding = Binding {
        inputs: &[at(0x1000)],
        output: at(0x2000),
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    executor.run(schedule, &[launches]).unwrap();
}

fn main() {}

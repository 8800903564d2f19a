//! The CUDA kernel of a custom operator of Python.
#![expect(
    unsafe_code,
    reason = "a CUDA kernel can write anywhere; the caller of `pixelflume.custom` promises that it does not"
)]

use crate::pipeline::names::kept;
use crate::pipeline::wrong;
use pixelflume::device::sync::Mutex;
use pixelflume::device::{Args, Grid, Images, KernelModule};
use pixelflume::ops::{Binding, Custom, ImageParam, Layout};
use pyo3::prelude::*;
use std::collections::HashMap;

/// A kernel, in the order of the fields of Python's `Kernel`.
#[derive(FromPyObject)]
pub(crate) struct Kernel {
    /// The module as PTX text.
    ptx: String,
    /// The name of the kernel in the module.
    name: String,
    /// The threads of a block along x, y and z.
    threads: (u32, u32, u32),
    /// Whether a thread is for one pixel; else it is for one sample.
    per_pixel: bool,
    /// The bytes of shared memory of a block that the launch asks for.
    shared_bytes: u32,
}

/// The most blocks of a grid along y and z.
const MOST_BLOCKS: u32 = 65_535;

/// The most inputs of a custom operator.
const MAX_INPUTS: usize = 8;

impl Kernel {
    /// Gives the kernel to a custom operator.
    ///
    /// # Errors
    /// The PTX has no `.target`, a name is missing, or a block has no threads or more than 1024.
    pub(crate) fn add_to(&self, custom: Custom) -> PyResult<Custom> {
        let [x, y, z] = <[u32; 3]>::from(self.threads);
        let threads = u64::from(x) * u64::from(y) * u64::from(z);
        if !(1..=1024).contains(&threads) || z > 64 {
            return Err(wrong(format!(
                "a block of {x} x {y} x {z} threads cannot be; use 1 to 1024 threads, of which at most 64 along z"
            )));
        }
        let module = module(&self.ptx)?;
        let name = kept(&self.name)?;
        let (per_pixel, shared_bytes) = (self.per_pixel, self.shared_bytes);
        let grid = move |binding: &Binding<'_>| {
            let shape = binding.output.shape;
            let (columns, rows) = match (per_pixel, shape.layout) {
                (true, _) => (shape.width, shape.height),
                (false, Layout::Interleaved) => (shape.width * shape.channels, shape.height),
                (false, Layout::Planar) => (shape.width, shape.height * shape.channels),
            };
            Grid {
                blocks: [
                    columns.div_ceil(x),
                    rows.div_ceil(y).min(MOST_BLOCKS),
                    binding.output.batch.div_ceil(z).min(MOST_BLOCKS),
                ],
                threads: [x, y, z],
                shared_bytes,
            }
        };
        // SAFETY: the documentation of `pixelflume.custom` asks the same of its caller: a kernel whose one parameter is the
        // inputs and the output as images, as `args` makes them, that for every shape which `shape` accepts reads and writes
        // their rows only, writes all of the output, and ends. Python has no way to show it, as for any foreign function.
        Ok(unsafe { custom.cuda(module, name, args, grid) })
    }
}

/// The parameter of the kernel: the inputs, then the output, one image behind the other.
fn args(binding: &Binding<'_>) -> Args {
    let output = binding.output.param();
    let inputs: Vec<ImageParam> = binding.inputs.iter().map(|input| input.param()).collect();
    // `Args` has the size of its type, which the kernel's parameter must have too.
    match *inputs {
        [a] => Args::of(&[a, output]),
        [a, b] => Args::of(&[a, b, output]),
        [a, b, c] => Args::of(&[a, b, c, output]),
        [a, b, c, d] => Args::of(&[a, b, c, d, output]),
        [a, b, c, d, e] => Args::of(&[a, b, c, d, e, output]),
        [a, b, c, d, e, f] => Args::of(&[a, b, c, d, e, f, output]),
        [a, b, c, d, e, f, g] => Args::of(&[a, b, c, d, e, f, g, output]),
        [a, b, c, d, e, f, g, h] => Args::of(&[a, b, c, d, e, f, g, h, output]),
        // `Custom::new` refuses other numbers of inputs.
        _ => unreachable!("a custom operator has 1 to {MAX_INPUTS} inputs"),
    }
}

/// The module of a PTX text, one for each text.
fn module(ptx: &str) -> PyResult<&'static KernelModule> {
    static MODULES: Mutex<Option<HashMap<&'static str, &'static KernelModule>>> = Mutex::new(None);
    let text = kept(ptx)?;
    let target = target(ptx)?;
    let mut modules = MODULES.lock();
    let modules = modules.get_or_insert_default();
    if let Some(known) = modules.get(text) {
        return Ok(known);
    }
    let name = kept(&format!("python_{}", modules.len()))?;
    let images = Images::Ptx(Box::leak(Box::new([(target, text)])));
    let module: &'static KernelModule = Box::leak(Box::new(KernelModule { name, images }));
    modules.insert(text, module);
    Ok(module)
}

/// The compute capability of the PTX, by its directive `.target sm_75`.
fn target(ptx: &str) -> PyResult<(u32, u32)> {
    let directive = ptx
        .split_once(".target")
        .and_then(|(_, rest)| rest.trim_start().strip_prefix("sm_"));
    let digits: String = directive
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect())
        .unwrap_or_default();
    match digits.len() {
        2..=3 => {
            let number: u32 = digits.parse()?;
            Ok((number / 10, number % 10))
        }
        _ => Err(wrong(
            "the text of the kernel is no PTX: it lacks a line such as `.target sm_75`; CUDA C++ belongs into `cuda=`, PTX into `ptx=`",
        )),
    }
}

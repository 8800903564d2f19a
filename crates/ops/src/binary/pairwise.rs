//! Operators that make each sample of the two samples at its position, without parameters: `add`, `min`, `abs_diff` and others.

use super::host::{for_each_row, images, least_rows};
use super::{BinaryPlan, grid};
use crate::contract::{OperatorError, Plan, checks};
use crate::host::view::{HostPair, PairKernel, Source, Strip};
use crate::image::{ImageParam, ImageShape};
use fearless_simd::{Level, dispatch};
use pixelflume_device::HostKernel;
use pixelflume_kernels::args::BinaryArgs;
use std::marker::PhantomData;
use std::sync::Arc;

/// A function of two samples.
pub(crate) trait Pairwise: Send + Sync + 'static {
    /// The sample of the output.
    fn sample(a: u8, b: u8) -> u8;
}

/// Declares an operator by its function of two samples: the documentation and name of its type, its kind, and its CUDA kernel in
/// `binary.cu`.
macro_rules! pairwise {
    (
        $(#[$doc:meta])*
        $name:ident, $kind:literal, entry $entry:literal, |$a:ident, $b:ident| $sample:expr
    ) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
        pub struct $name {
            _private: (),
        }

        impl $name {
            /// Makes the operator, which has no parameters.
            pub const fn new() -> Self {
                $name { _private: () }
            }
        }

        impl $crate::binary::pairwise::Pairwise for $name {
            #[inline(always)]
            fn sample($a: u8, $b: u8) -> u8 {
                $sample
            }
        }

        impl $crate::contract::Operator for $name {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn input_count(&self) -> usize {
                2
            }

            fn plan(
                &self,
                inputs: &[$crate::image::ImageShape],
            ) -> Result<std::sync::Arc<dyn $crate::contract::Plan>, $crate::contract::OperatorError>
            {
                $crate::binary::pairwise::plan::<$name>($kind, $entry, inputs)
            }
        }

        #[cfg(test)]
        mod tests {
            #[test]
            fn every_instruction_set_computes_the_same() {
                $crate::binary::pairwise::tests::same_at_all_levels_of::<super::$name>($kind);
            }
        }
    };
}

pub(crate) use pairwise;

/// The plan of an operator by its function.
///
/// # Errors
/// [`OperatorError`] for inputs that are not two u8 images of one shape.
pub(crate) fn plan<P: Pairwise>(
    operator: &'static str,
    entry: &'static str,
    inputs: &[ImageShape],
) -> Result<Arc<dyn Plan>, OperatorError> {
    Ok(Arc::new(BinaryPlan {
        operator,
        entry,
        shape: checks::u8_elementwise::<2>(operator, inputs)?,
        grid,
        host: host::<P>(),
        args: |[a, b]: [ImageParam; 2], dst| BinaryArgs {
            a,
            b,
            dst,
            weight: 0,
            reserved: 0,
        },
    }))
}

/// The host executor of a function, as a kernel.
pub(crate) fn host<P: Pairwise>() -> Arc<dyn HostKernel> {
    Arc::new(HostPair(PairwiseHost::<P>::new(Level::new())))
}

/// The host executor.
struct PairwiseHost<P> {
    level: Level,
    function: PhantomData<P>,
}

impl<P> PairwiseHost<P> {
    fn new(level: Level) -> Self {
        PairwiseHost {
            level,
            function: PhantomData,
        }
    }
}

impl<P: Pairwise> PairKernel for PairwiseHost<P> {
    type Args = BinaryArgs;

    fn images(args: &BinaryArgs) -> ([&ImageParam; 2], &ImageParam) {
        images(args)
    }

    fn least_rows(&self, args: &BinaryArgs) -> usize {
        least_rows(args)
    }

    fn run(&self, _args: &BinaryArgs, sources: [&Source<'_, u8>; 2], strip: &mut Strip<'_, u8>) {
        for_each_row(sources, strip, |a, b, out| {
            dispatch!(self.level, _ => combine_row::<P>(a, b, out));
        });
    }
}

#[inline(always)]
fn combine_row<P: Pairwise>(a: &[u8], b: &[u8], out: &mut [u8]) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = P::sample(a, b);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, noise, same_at_all_levels};
    use crate::image::ImageBatch;
    use pixelflume_device::Address;

    /// For the test of each operator.
    pub(crate) fn same_at_all_levels_of<P: Pairwise>(kind: &str) {
        let other = noise((WIDTH * HEIGHT) as usize + 1);
        let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
        let second = ImageBatch::tight(shape, 1, Address::from_ptr(&raw const other[1])).param();
        let args = |src, dst| BinaryArgs {
            a: src,
            b: second,
            dst,
            weight: 0,
            reserved: 0,
        };
        same_at_all_levels(kind, 1, shape, args, |level| {
            Arc::new(HostPair(PairwiseHost::<P>::new(level)))
        });
    }
}

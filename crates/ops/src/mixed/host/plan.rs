//! The plan of a mixed chain on the host, and its executor.
#![expect(unsafe_code, reason = "descriptors hold addresses")]

use super::HostChain;
use super::record::HostRecord;
use crate::contract::{Binding, Code, Plan, checks};
use crate::host::strips::{LEAST_ROWS, StripsArgs, StripsHost};
use crate::host::view::{Band, Source, check_images, for_each_band};
use crate::image::{ImageParam, ImageShape, Layout};
use crate::mixed::{ImageDescriptor, MixedError};
use bytemuck::Zeroable;
use pixelflume_device::{Args, Device, DeviceError, HostKernel, Launch, TaskFailure, Workers};
use std::any::TypeId;
use std::sync::{Arc, OnceLock};

/// The plan of a mixed chain on the host: one launch, which reads the table of descriptors.
#[derive(Debug)]
pub(in crate::mixed) struct HostPlan {
    chain: Arc<HostChain>,
}

impl HostPlan {
    pub(in crate::mixed) fn new(chain: Arc<HostChain>) -> Self {
        HostPlan { chain }
    }
}

// SAFETY: `bind` checks the memory. The executor reads the descriptors, and writes the rows of the output. That it may read the
// images of the descriptors is promised by whoever takes the plan out of a `MixedChain`.
unsafe impl Plan for HostPlan {
    fn output(&self) -> ImageShape {
        self.chain.output
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        let chain = Arc::clone(&self.chain);
        Ok(vec![Code::Host(Arc::new(MixedHost { chain }))])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let [Code::Host(kernel)] = code else {
            panic!("a mixed chain was bound to the code of another plan");
        };
        checks::check_binding(
            "a mixed chain",
            binding,
            &[ImageDescriptor::SHAPE],
            self.chain.output,
        );
        let args = Args::of(&StripsArgs {
            src: binding.inputs[0].byte_param(),
            dst: binding.output.byte_param(),
        });
        launches.push(Launch::host(Arc::clone(kernel), args));
    }
}

/// The host executor of a mixed chain.
struct MixedHost {
    chain: Arc<HostChain>,
}

/// One image of a launch.
struct Prepared {
    executor: Arc<StripsHost>,
    /// The image as rows of bytes.
    source: ImageParam,
}

impl HostKernel for MixedHost {
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<StripsArgs>();
        check_images(&args.src, 1, &args.dst, 1).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the table is good until this call returns, and `args` live no longer.
        let table = unsafe { Source::<u8>::of(&args.src) };
        let count = args.dst.batch as usize;
        let images: Vec<OnceLock<Result<Prepared, MixedError>>> =
            (0..count).map(|_| OnceLock::new()).collect();
        workers.for_each(count, &|frame| {
            images[frame].get_or_init(|| self.prepare(&table, frame, &args.dst));
        });
        let mut prepared = Vec::with_capacity(count);
        for (frame, image) in images.iter().enumerate() {
            match image.get() {
                Some(Ok(image)) => prepared.push(image),
                Some(Err(error)) => {
                    return Err(TaskFailure::new(format_args!("image {frame}: {error}")));
                }
                None => {
                    return Err(TaskFailure::new(format_args!(
                        "image {frame} was not prepared"
                    )));
                }
            }
        }
        let each = |band: &mut Band<'_, u8>| {
            let (frame, image) = (band.frame(), prepared[band.frame()]);
            // SAFETY: `prepare` checked the image, and the caller promises that it is good until this call returns.
            let source = unsafe { Source::<u8>::as_frame(&image.source, frame) };
            image.executor.fill(&source, band);
        };
        let planes = match self.chain.output.layout {
            Layout::Planar => self.chain.output.channels as usize,
            Layout::Interleaved => 1,
        };
        // SAFETY: checked above. The caller promises that no image overlaps the output, since nothing writes to images.
        unsafe { for_each_band(workers, &args.dst, planes, LEAST_ROWS, each) };
        Ok(())
    }

    /// The chain is data.
    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

impl MixedHost {
    /// Finds the executor for the image of a frame, and checks its memory. `target` is the output as rows of bytes.
    fn prepare(
        &self,
        table: &Source<'_, u8>,
        frame: usize,
        target: &ImageParam,
    ) -> Result<Prepared, MixedError> {
        let input = self.chain.input();
        let row = table.row(frame, 0);
        let mut record = HostRecord::zeroed();
        let bytes = bytemuck::bytes_of_mut(&mut record);
        bytes.copy_from_slice(&row[..bytes.len()]);
        let source = record.byte_param(input);
        let one = ImageParam {
            base: target.base + frame as u64 * target.batch_stride,
            batch: 1,
            ..*target
        };
        check_images(&source, 1, &one, 1).map_err(MixedError::Memory)?;
        let executor = record.with_image(input, |image| {
            image.check(input)?;
            self.chain.executor(image)
        })?;
        Ok(Prepared { executor, source })
    }
}

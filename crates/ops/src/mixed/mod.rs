//! Mixed chains: chains of operators from a pipeline's input on that compute a batch of images of any sizes in one launch.
//!
//! The launch reads a table of [`ImageDescriptor`]s, one for each frame: where an image lies, how large it is, and what is done to
//! it. The table is the input of the chain's plan, one row of bytes for each frame, so that the launch is the same for every batch.

mod cuda;
mod error;
mod host;
mod image;
#[cfg(test)]
mod step_tests;
#[cfg(test)]
mod testing;

pub use error::MixedError;
pub use image::{ChainImage, ImageDescriptor};

use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use cuda::CudaChain;
use host::{HostChain, HostPlan};
use pixelflume_device::DeviceKind;
use std::sync::Arc;

/// The most operators of a mixed chain.
pub const MAX_OPERATORS: usize = 16;

/// A chain of operators that computes images of any sizes in one launch, to outputs of one shape.
#[derive(Clone, Debug)]
pub struct MixedChain {
    kind: Kind,
    plan: Arc<dyn Plan>,
}

#[derive(Clone, Debug)]
enum Kind {
    Host(Arc<HostChain>),
    Cuda(Arc<CudaChain>),
}

impl MixedChain {
    /// The chain of these operators, the first of which reads the images, on a kind of device. `first` is one image of the batch:
    /// all have its channels, sample type and layout.
    ///
    /// # Errors
    /// The reason why the operators are no mixed chain.
    pub fn new(
        operators: &[Arc<dyn Operator>],
        first: &ChainImage<'_>,
        device: DeviceKind,
    ) -> Result<Self, String> {
        if !(1..=MAX_OPERATORS).contains(&operators.len()) {
            return Err(format!(
                "it has {} operators; a mixed chain has 1 to {MAX_OPERATORS}",
                operators.len()
            ));
        }
        match device {
            DeviceKind::Host => {
                let chain = Arc::new(HostChain::new(operators, first)?);
                let plan = Arc::new(HostPlan::new(Arc::clone(&chain)));
                let kind = Kind::Host(chain);
                Ok(MixedChain { kind, plan })
            }
            DeviceKind::Cuda => {
                let chain = Arc::new(CudaChain::new(operators, first)?);
                let plan = cuda::plan(&chain);
                let kind = Kind::Cuda(chain);
                Ok(MixedChain { kind, plan })
            }
        }
    }

    /// The shape of the output, of all images.
    pub fn output(&self) -> ImageShape {
        self.plan.output()
    }

    /// The plan of the launch. Its input is the table of descriptors, in frames of [`ImageDescriptor::SHAPE`].
    ///
    /// # Safety
    /// Whoever runs a launch of the plan promises, on top of what [`Plan`] asks for: every frame of the input is a descriptor that
    /// [`MixedChain::describe`] of this chain made, and until the launch is complete, the rows of each described image are valid,
    /// and nothing writes to them.
    #[expect(
        unsafe_code,
        reason = "the launch reads memory that its input has the addresses of"
    )]
    pub unsafe fn plan(&self) -> &Arc<dyn Plan> {
        &self.plan
    }

    /// Describes an image for the kernel. On a GPU this allocates nothing but for errors. On the host it makes the plan of the image
    /// where an operator is no [`ChainStep`](crate::ChainStep), and keeps it for the launch.
    ///
    /// # Errors
    /// An operator cannot take the image, or the output has another shape than that of the chain; with the reason.
    pub fn describe(&self, image: &ChainImage<'_>) -> Result<ImageDescriptor, MixedError> {
        match &self.kind {
            Kind::Host(chain) => chain.describe(image),
            Kind::Cuda(chain) => chain.describe(image),
        }
    }
}

/// The operator that does to every image what this one does to this image.
fn resolved(
    operator: &Arc<dyn Operator>,
    context: &ImageContext<'_>,
) -> Result<Arc<dyn Operator>, OperatorError> {
    let concrete = match operator.is_per_image() {
        true => operator.for_image(context)?,
        false => None,
    };
    Ok(concrete.unwrap_or_else(|| Arc::clone(operator)))
}

/// Refuses an operator whose effect depends on the other images of the batch, which a chain does not know.
fn of_image_alone(
    operator: &Arc<dyn Operator>,
    context: &ImageContext<'_>,
) -> Result<(), OperatorError> {
    let shape = context.shape;
    // As large as an image can be: a size that is rounded up to a multiple must not hide the dependence.
    let among_larger = ImageContext {
        largest: (checks::MAX_SIDE, checks::MAX_SIDE),
        ..*context
    };
    let output = |context: &ImageContext<'_>| -> Result<ImageShape, OperatorError> {
        let plan = resolved(operator, context)?.plan(&[context.shape])?;
        Ok(plan.output())
    };
    // An output that is refused among the largest images is another one too.
    if operator.is_per_image() && Some(output(context)?) != output(&among_larger).ok() {
        return Err(OperatorError::Shape {
            operator: operator.kind(),
            got: shape,
            reason: "its output depends on the largest image of the batch".to_owned(),
        });
    }
    Ok(())
}

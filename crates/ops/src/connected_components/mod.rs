//! The operator `connected_components`.

mod cuda;
mod host;
mod plan;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::totals::countable;
use plan::ComponentsPlan;
use std::sync::Arc;

const KIND: &str = "connected_components";

/// Numbers the connected components of a mask. Kind: `connected_components`, parameter `connectivity`.
///
/// Formula: OpenCV's `connectedComponentsWithAlgorithm` with `CCL_WU` (or `CCL_SAUF`) and `CV_32S`. Pixels that are not 0 belong to one
/// component where neighbors lead from one to the other. The components have the numbers 1, 2 and so on, in the order of their first pixels, row
/// by row; pixels that are 0 have the number 0. The other algorithms of OpenCV find the same components and number them in
/// another order where the connectivity is 8. The input is a u8 image of one channel with at most 2^31 - 1 pixels; the output has one
/// channel of i32 samples.
///
/// ```
/// use pixelflume_ops::{ConnectedComponents, ImageShape, Operator, SampleType};
///
/// let components = ConnectedComponents::new(8)?;
/// let numbers = components.plan(&[ImageShape::u8(640, 480, 1)])?.output();
/// assert_eq!((numbers.channels, numbers.sample), (1, SampleType::I32));
/// assert!(ConnectedComponents::new(6).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct ConnectedComponents {
    connectivity: u32,
}

impl ConnectedComponents {
    /// Connects each pixel with its 4 neighbors along rows and columns, or with all 8.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(connectivity: u32) -> Result<Self, OperatorError> {
        match connectivity {
            4 | 8 => Ok(ConnectedComponents { connectivity }),
            _ => Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "connectivity",
                got: connectivity.to_string(),
                expected: "4 or 8 neighbors".to_owned(),
            }),
        }
    }

    /// The number of neighbors of a pixel.
    pub const fn connectivity(&self) -> u32 {
        self.connectivity
    }
}

impl Default for ConnectedComponents {
    fn default() -> Self {
        ConnectedComponents { connectivity: 8 }
    }
}

impl Operator for ConnectedComponents {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray(KIND, input)?;
        countable(KIND, input)?;
        let connectivity = self.connectivity;
        Ok(Arc::new(ComponentsPlan {
            input,
            connectivity,
        }))
    }
}

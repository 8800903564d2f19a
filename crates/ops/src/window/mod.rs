//! Operators over square windows: box blur, erosion, dilation.

use crate::fusion::Action;
use crate::host::{HostCode, StripCode, WindowHost, WindowKind};
use crate::plan::{self, odd_size};
use crate::unary::UnaryPlan;
use crate::{ImageShape, Operator, OperatorError, Plan, kernels};
use fearless_simd::Level;
use std::sync::Arc;

const BOX_BLUR: &str = "box_blur";
const ERODE: &str = "erode";
const DILATE: &str = "dilate";

/// The mean of `size` x `size` samples around each. Kind: `box_blur`, parameter `size`.
///
/// Formula: OpenCV's `blur` (`boxFilter`, normalised) for 8-bit samples: `(sum + n * n / 2) / (n * n)` in integers, border
/// reflect-101, reflected as often as needed. Takes interleaved u8 images of 1, 3 or 4 channels and gives the same shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct BoxBlur {
    size: u32,
}

impl BoxBlur {
    /// A blur over `size` x `size` samples: odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        odd_size(BOX_BLUR, size)?;
        Ok(BoxBlur { size })
    }

    /// Samples on each axis.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

/// The least of `size` x `size` samples around each. Kind: `erode`, parameter `size`.
///
/// Formula: OpenCV's `erode` with a rectangle of `size` x `size` for 8-bit samples; what is outside the image takes no part.
/// Takes interleaved u8 images of 1, 3 or 4 channels and gives the same shape; channels are eroded one by one.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Erode {
    size: u32,
}

impl Erode {
    /// An erosion over `size` x `size` samples: odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        odd_size(ERODE, size)?;
        Ok(Erode { size })
    }

    /// Samples on each axis.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

/// The largest of `size` x `size` samples around each. Kind: `dilate`, parameter `size`.
///
/// Formula: OpenCV's `dilate` with a rectangle of `size` x `size` for 8-bit samples; what is outside the image takes no
/// part. Takes interleaved u8 images of 1, 3 or 4 channels and gives the same shape; channels are dilated one by one.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Dilate {
    size: u32,
}

impl Dilate {
    /// A dilation over `size` x `size` samples: odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        odd_size(DILATE, size)?;
        Ok(Dilate { size })
    }

    /// Samples on each axis.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

impl Operator for BoxBlur {
    fn kind(&self) -> &'static str {
        BOX_BLUR
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(BOX_BLUR, self.size, inputs, |level| {
            let kind = WindowKind::Box;
            Arc::new(HostCode(WindowHost { level, kind }))
        })
    }
}

impl Operator for Erode {
    fn kind(&self) -> &'static str {
        ERODE
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(ERODE, self.size, inputs, |level| {
            let kind = WindowKind::Erode;
            Arc::new(HostCode(WindowHost { level, kind }))
        })
    }
}

impl Operator for Dilate {
    fn kind(&self) -> &'static str {
        DILATE
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(DILATE, self.size, inputs, |level| {
            let kind = WindowKind::Dilate;
            Arc::new(HostCode(WindowHost { level, kind }))
        })
    }
}

fn window_plan(
    operator: &'static str,
    size: u32,
    inputs: &[ImageShape],
    host: fn(Level) -> Arc<dyn StripCode>,
) -> Result<Arc<dyn Plan>, OperatorError> {
    let input = plan::u8_input(operator, inputs)?;
    plan::gray_or_colour(operator, input)?;
    Ok(Arc::new(UnaryPlan {
        operator,
        module: &pixelflume_kernels::WINDOW.kernels,
        entry: operator,
        grid: kernels::window_grid,
        host,
        input,
        output: input,
        elementwise: false,
        a: size,
        b: 0,
        action: Action::Other,
    }))
}

//! The windows of erosions and dilations.

use crate::contract::OperatorError;
use crate::contract::checks::text_by_name;
use crate::spec::value_from_choice;

/// The largest width and height of a window.
pub(crate) const MAX_SIZE: u32 = 255;

/// The most times that an operator is repeated.
pub(crate) const MAX_ITERATIONS: u32 = 100;

/// The pixels of a window that count.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum WindowShape {
    /// All pixels (`MORPH_RECT`).
    #[default]
    Rectangle,
    /// The row and the column of the anchor (`MORPH_CROSS`).
    Cross,
    /// The ellipse that fills the window (`MORPH_ELLIPSE`).
    Ellipse,
}

impl WindowShape {
    /// All shapes, in the order in which error messages list them.
    pub const ALL: [WindowShape; 3] = [
        WindowShape::Rectangle,
        WindowShape::Cross,
        WindowShape::Ellipse,
    ];

    /// The name that pipeline files use, for example `ellipse`.
    pub const fn name(self) -> &'static str {
        match self {
            WindowShape::Rectangle => "rectangle",
            WindowShape::Cross => "cross",
            WindowShape::Ellipse => "ellipse",
        }
    }
}

text_by_name!(WindowShape, "morphology", "shape");
value_from_choice!(WindowShape);

/// The pixels that a window reads outside the image.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum MorphologyBorder {
    /// None: they do not count (`BORDER_CONSTANT` with the default value of OpenCV's functions).
    #[default]
    Ignored,
    /// A constant color (`BORDER_CONSTANT`).
    Constant,
    /// The nearest pixel of the image, `aaaaaa|abcdefgh|hhhhhhh` (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored behind its border pixel, `fedcba|abcdefgh|hgfedcb` (`BORDER_REFLECT`), as often as needed.
    Reflect,
    /// The image mirrored at its border pixel, `gfedcb|abcdefgh|gfedcba` (`BORDER_REFLECT_101`), as often as needed.
    Reflect101,
}

impl MorphologyBorder {
    /// All borders, in the order in which error messages list them.
    pub const ALL: [MorphologyBorder; 5] = [
        MorphologyBorder::Ignored,
        MorphologyBorder::Constant,
        MorphologyBorder::Replicate,
        MorphologyBorder::Reflect,
        MorphologyBorder::Reflect101,
    ];

    /// The name that pipeline files use, for example `reflect_101`.
    pub const fn name(self) -> &'static str {
        match self {
            MorphologyBorder::Ignored => "ignored",
            MorphologyBorder::Constant => "constant",
            MorphologyBorder::Replicate => "replicate",
            MorphologyBorder::Reflect => "reflect",
            MorphologyBorder::Reflect101 => "reflect_101",
        }
    }
}

text_by_name!(MorphologyBorder, "morphology", "border");
value_from_choice!(MorphologyBorder);

/// The window of erosions and dilations (OpenCV's structuring element), the number of times that they are repeated, and what lies
/// outside the image.
///
/// ```
/// use pixelflume_ops::{MorphologyWindow, WindowShape};
///
/// // 9 columns, 5 rows.
/// let ellipse = MorphologyWindow {
///     height: Some(5),
///     iterations: 2,
///     ..MorphologyWindow::new(WindowShape::Ellipse, 9)
/// };
/// assert_eq!(ellipse.anchor, None);
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct MorphologyWindow {
    /// The pixels of the window that count.
    pub shape: WindowShape,
    /// The width of the window: 1 to 255 pixels.
    pub width: u32,
    /// The height of the window: 1 to 255 pixels; `None` for that of a square.
    pub height: Option<u32>,
    /// Column and row of the window that lie on the pixel which is computed; `None` for half of the width and of the height, rounded
    /// down.
    pub anchor: Option<(u32, u32)>,
    /// The number of times that an erosion or dilation is repeated: 1 to 100.
    pub iterations: u32,
    /// The pixels outside the image.
    pub border: MorphologyBorder,
    /// The color of a constant border, one sample for each channel. Images of fewer channels take the first samples.
    pub value: [u8; 4],
}

impl MorphologyWindow {
    /// A window of `size` x `size` pixels with its anchor in the center, which is applied once and ignores what lies outside the image.
    pub const fn new(shape: WindowShape, size: u32) -> Self {
        MorphologyWindow {
            shape,
            width: size,
            height: None,
            anchor: None,
            iterations: 1,
            border: MorphologyBorder::Ignored,
            value: [0; 4],
        }
    }

    /// Width and height in pixels.
    pub(crate) fn sides(&self) -> (u32, u32) {
        (self.width, self.height.unwrap_or(self.width))
    }

    /// Column and row of the anchor.
    pub(crate) fn anchor_or_center(&self) -> (u32, u32) {
        let (width, height) = self.sides();
        self.anchor.unwrap_or((width / 2, height / 2))
    }

    /// Refuses a window that the operator does not take.
    pub(crate) fn checked(self, operator: &'static str) -> Result<Self, OperatorError> {
        let (width, height) = self.sides();
        for (parameter, number, most) in [
            ("size", width, MAX_SIZE),
            ("height", height, MAX_SIZE),
            ("iterations", self.iterations, MAX_ITERATIONS),
        ] {
            if !(1..=most).contains(&number) {
                return Err(OperatorError::Parameter {
                    operator,
                    parameter,
                    got: number.to_string(),
                    expected: format!("a number from 1 to {most}"),
                });
            }
        }
        match self.anchor {
            Some((x, y)) if x >= width || y >= height => Err(OperatorError::Parameter {
                operator,
                parameter: "anchor",
                got: format!("[{x}, {y}]"),
                expected: format!(
                    "a column and a row of the window: 0 to {}, and 0 to {}",
                    width - 1,
                    height - 1
                ),
            }),
            _ => Ok(self),
        }
    }
}

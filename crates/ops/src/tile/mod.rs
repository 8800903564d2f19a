//! The operator `tile`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::MAX_SIDE;
use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout};
use crate::kernels::one_each;
use crate::unary::UnaryPlan;
use bytemuck::Pod;
use host::TileHost;
use pixelflume_kernels::args::TileArgs;
use std::sync::Arc;

const KIND: &str = "tile";

/// Repeats images side by side and one above the other. Kind: `tile`, parameters `columns`, `rows`.
///
/// Formula: OpenCV's `repeat`: the pixel at (x, y) is that of the image at (x mod width, y mod height). The input is an image of 1, 3 or 4
/// channels, of any sample type of images and layout; the output has the same channels, type and layout, `columns` times the width and
/// `rows` times the height, at most 65536 pixels each.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Tile};
///
/// let tile = Tile::new(3, 2)?;
/// assert_eq!(tile.plan(&[ImageShape::u8(100, 80, 3)])?.output(), ImageShape::u8(300, 160, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Tile {
    columns: u32,
    rows: u32,
}

impl Tile {
    /// The image `columns` times side by side, and that `rows` times one above the other, each 1 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is not 1 to 65536.
    pub fn new(columns: u32, rows: u32) -> Result<Self, OperatorError> {
        for (parameter, times) in [("columns", columns), ("rows", rows)] {
            if !(1..=MAX_SIDE).contains(&times) {
                return Err(OperatorError::Parameter {
                    operator: KIND,
                    parameter,
                    got: times.to_string(),
                    expected: format!("a number of images from 1 to {MAX_SIDE}"),
                });
            }
        }
        Ok(Tile { columns, rows })
    }

    /// Images side by side.
    pub const fn columns(&self) -> u32 {
        self.columns
    }

    /// Images one above the other.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    fn output(&self, input: ImageShape) -> Result<ImageShape, OperatorError> {
        let [width, height] = [(input.width, self.columns), (input.height, self.rows)]
            .map(|(side, times)| u64::from(side) * u64::from(times));
        if width.max(height) > u64::from(MAX_SIDE) {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!(
                    "its output would have {width}x{height} pixels; {MAX_SIDE} a side are possible"
                ),
            });
        }
        Ok(ImageShape {
            width: width as u32,
            height: height as u32,
            ..input
        })
    }
}

impl Operator for Tile {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let output = self.output(input)?;
        let (entry, host) = match input.sample.bytes() {
            1 => ("tile_1", host_code::<u8>()),
            2 => ("tile_2", host_code::<u16>()),
            _ => ("tile_4", host_code::<u32>()),
        };
        let planes = match input.layout {
            Layout::Planar => input.channels,
            Layout::Interleaved => 1,
        };
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::BESIDE.kernels,
            entry,
            grid: |args: &TileArgs| one_each(args.dst.width.into(), &args.dst),
            host,
            input,
            output,
            elementwise: true,
            args: move |src, dst| TileArgs {
                src,
                dst,
                planes,
                reserved: 0,
            },
            action: Some(Action::Other),
        }))
    }
}

fn host_code<T: Pod + Sync + Send>() -> Arc<dyn StripCode> {
    Arc::new(HostCode(TileHost::<T>::default()))
}

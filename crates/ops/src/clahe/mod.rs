//! The operator `clahe`.

mod cuda;
mod grid;
mod host;
mod plan;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::totals::countable;
use grid::TileGrid;
use plan::ClahePlan;
use std::sync::Arc;

const KIND: &str = "clahe";

/// The most tiles along an axis.
pub(crate) const MAX_TILES: u32 = 64;

/// Equalizes the histograms of the tiles of a gray image, with a limit of the contrast. Kind: `clahe`, parameters `clip_limit`,
/// `columns` and `rows`.
///
/// Formula: OpenCV's `createCLAHE`. The image is divided into tiles, extended at the right and below (reflect-101) where it is not a
/// multiple of them. In each tile, pixels above `max(trunc(clip_limit * area / 256), 1)` of one value are spread over all values. The table
/// of a tile has the sums of the counts, times `255 / area` in f32, rounded to the nearest integer, ties to even; and a pixel is the
/// mean of the entries of four tiles, bilinear between their centers, in f32 without fused operations. The input is a u8 image of one
/// channel with at most 2^31 - 1 pixels; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Clahe;
///
/// let clahe = Clahe::new(2.0, 8, 8)?;
/// assert_eq!((clahe.clip_limit(), clahe.tiles()), (2.0, (8, 8)));
/// assert!(Clahe::new(2.0, 0, 8).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Clahe {
    clip_limit: f64,
    columns: u32,
    rows: u32,
}

impl Clahe {
    /// Equalizes `columns` x `rows` tiles, each 1 to 64. Pixels of one value in a tile above `clip_limit` times those of an even distribution
    /// are spread over all values; the limit is 0 to 255, and 0 stands for none.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other numbers.
    pub fn new(clip_limit: f64, columns: u32, rows: u32) -> Result<Self, OperatorError> {
        for (parameter, tiles) in [("columns", columns), ("rows", rows)] {
            if !(1..=MAX_TILES).contains(&tiles) {
                return Err(OperatorError::Parameter {
                    operator: KIND,
                    parameter,
                    got: tiles.to_string(),
                    expected: format!("a number of tiles from 1 to {MAX_TILES}"),
                });
            }
        }
        Ok(Clahe {
            clip_limit: checks::within(KIND, "clip_limit", clip_limit, [0.0, 255.0])?,
            columns,
            rows,
        })
    }

    /// The limit, in parts of an even distribution.
    pub const fn clip_limit(&self) -> f64 {
        self.clip_limit
    }

    /// The number of tiles along x and along y.
    pub const fn tiles(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }
}

impl Operator for Clahe {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_input(KIND, inputs)?;
        checks::gray(KIND, shape)?;
        countable(KIND, shape)?;
        let grid = TileGrid::new(shape, self);
        Ok(Arc::new(ClahePlan { shape, grid }))
    }
}

//! The tiles of an image.

use super::Clahe;
use crate::image::ImageShape;

/// The tiles of images of one shape.
#[derive(Copy, Clone, Debug)]
pub(super) struct TileGrid {
    /// Tiles along x.
    pub(super) columns: u32,
    /// Tiles along y.
    pub(super) rows: u32,
    /// Width of a tile in pixels.
    pub(super) tile_width: u32,
    /// Height of a tile in pixels.
    pub(super) tile_height: u32,
    /// The most pixels of a value in a tile; 0 for any number.
    pub(super) limit: u32,
}

impl TileGrid {
    pub(super) fn new(shape: ImageShape, of: &Clahe) -> Self {
        let (columns, rows) = of.tiles();
        let (across, down) = (shape.width % columns, shape.height % rows);
        // OpenCV extends both axes where one of them needs it, that one by a whole tile's number of pixels.
        let (width, height) = match (across, down) {
            (0, 0) => (shape.width, shape.height),
            _ => (shape.width + columns - across, shape.height + rows - down),
        };
        let (tile_width, tile_height) = (width / columns, height / rows);
        let area = f64::from(tile_width * tile_height);
        let limit = match of.clip_limit() > 0.0 {
            true => ((of.clip_limit() * area / 256.0) as u32).max(1),
            false => 0,
        };
        TileGrid {
            columns,
            rows,
            tile_width,
            tile_height,
            limit,
        }
    }

    /// The number of tiles.
    pub(super) fn tiles(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// Pixels of a tile. An image of the most pixels that are counted, extended by a tile, has fewer than 2^32.
    pub(super) fn area(&self) -> u32 {
        self.tile_width * self.tile_height
    }
}

/// The two tiles between whose centers a position of an axis lies.
#[derive(Copy, Clone, Debug)]
pub(super) struct Between {
    pub(super) tiles: [usize; 2],
    /// The weights of the two tiles.
    pub(super) weights: [f32; 2],
}

impl Between {
    /// The tiles of a position, of `count` tiles with `length` pixels each.
    pub(super) fn at(position: usize, count: u32, length: u32) -> Self {
        let place = position as f32 * (1.0 / length as f32) - 0.5;
        let before = place.floor();
        let weight = place - before;
        let before = before as isize;
        let last = count as isize - 1;
        Between {
            tiles: [before.max(0) as usize, (before + 1).min(last) as usize],
            weights: [1.0 - weight, weight],
        }
    }
}

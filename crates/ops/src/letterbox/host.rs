//! The host executor of `letterbox` within a fused chain: a resize writes a rectangle of the output, a gather the border around
//! it.

use crate::host::strips::StripStage;
use crate::host::view::{Source, Strip};
use std::ops::Range;
use std::sync::Arc;

/// A stage that computes a rectangle of the output, and another one that fills the border around it without reading.
pub(crate) struct FramedStrips {
    /// Computes the rectangle, as an image of its own.
    pub(crate) inner: Arc<dyn StripStage>,
    /// Fills the border; `None` where the rectangle is the whole output.
    pub(crate) border: Option<Arc<dyn StripStage>>,
    /// The byte of a row, and the row, at which the rectangle begins.
    pub(crate) at: (usize, usize),
    /// The bytes of a row of the rectangle, and its number of rows.
    pub(crate) size: (usize, usize),
}

impl StripStage for FramedStrips {
    fn source_rows(&self, rows: Range<usize>) -> Range<usize> {
        let (top, height) = (self.at.1, self.size.1);
        let inside = |y: usize| y.clamp(top, top + height) - top;
        let rows = inside(rows.start)..inside(rows.end);
        match rows.is_empty() {
            true => 0..0,
            false => self.inner.source_rows(rows),
        }
    }

    fn recomputed_rows(&self) -> usize {
        self.inner.recomputed_rows()
    }

    fn run(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        if let Some(border) = &self.border {
            border.run(source, strip);
        }
        if let Some(mut inner) = strip.rectangle(self.at, self.size) {
            self.inner.run(source, &mut inner);
        }
    }
}

//! The host executor of the letterbox: the resize writes a rectangle of the output, a gather the frame around it.

use crate::host::strips::StripStage;
use crate::host::view::{Source, Strip};
use std::ops::Range;
use std::sync::Arc;

/// An operator that makes a rectangle of the output, and another one that makes what is around it without a source.
pub(crate) struct FramedStrips {
    /// Makes the rectangle, as an image.
    pub(crate) inner: Arc<dyn StripStage>,
    /// Makes the frame; `None` where the rectangle is all.
    pub(crate) frame: Option<Arc<dyn StripStage>>,
    /// First byte of a row, and first row, of the rectangle.
    pub(crate) at: (usize, usize),
    /// Bytes of a row, and rows, of the rectangle.
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
        if let Some(frame) = &self.frame {
            frame.run(source, strip);
        }
        if let Some(mut inner) = strip.rectangle(self.at, self.size) {
            self.inner.run(source, &mut inner);
        }
    }
}

//! The plan of another operator for a part of the input.

use super::KIND;
use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::crop::CropBox;
use crate::host::strips::StripStage;
use crate::host::view::{Source, Strip};
use crate::image::{ImageBatch, ImageShape};
use pixelflume_device::{Device, DeviceError, Launch};
use std::ops::Range;
use std::sync::Arc;

/// A plan whose launches read a rectangle of the input, in place: they are those of a plan for images of the rectangle's size, with
/// the address of the rectangle's first pixel.
#[derive(Debug)]
pub(super) struct CroppedPlan {
    /// The shape of the input: an interleaved u8 image that holds the whole rectangle.
    pub(super) input: ImageShape,
    pub(super) crop: CropBox,
    /// The plan for the rectangle.
    pub(super) inner: Arc<dyn Plan>,
}

impl CroppedPlan {
    /// Offset of the rectangle in bytes of a row.
    fn left(&self) -> usize {
        self.crop.x as usize * self.input.channels as usize
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory, and the rectangle lies inside the input, so that the rows of the inner plan's input are parts of
// rows of the input. The rest is what the inner plan promises.
unsafe impl Plan for CroppedPlan {
    fn output(&self) -> ImageShape {
        self.inner.output()
    }

    fn tables(&self) -> &[u8] {
        self.inner.tables()
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        self.inner.workspace_bytes(device, batch)
    }

    fn needs_recapture(&self) -> bool {
        self.inner.needs_recapture()
    }

    fn stage(&self) -> Option<Stage> {
        let inner = self.inner.stage()?;
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: inner.output,
            host: Arc::new(CroppedStage {
                corner: (self.left(), self.crop.y as usize),
                size: (inner.input.row_bytes(), inner.input.rows()),
                inner: inner.host,
            }),
            action: Action::Cropped(self.crop.step(self.input), Box::new(inner.action)),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Arc::clone(&self.inner).code(device)
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(KIND, binding, &[self.input], self.output());
        let whole = binding.inputs[0];
        let first = self.crop.y as usize * whole.row_pitch + self.left();
        let part = ImageBatch {
            shape: ImageShape {
                width: self.crop.width,
                height: self.crop.height,
                ..whole.shape
            },
            base: whole.base.offset(first),
            ..whole
        };
        let inputs = &[part];
        self.inner
            .bind(code, &Binding { inputs, ..*binding }, launches);
    }
}

/// A stage on the host that reads a rectangle of the source.
struct CroppedStage {
    /// The first byte in each row, and the first row.
    corner: (usize, usize),
    /// Bytes of a row, and rows.
    size: (usize, usize),
    inner: Arc<dyn StripStage>,
}

impl StripStage for CroppedStage {
    fn source_rows(&self, rows: Range<usize>) -> Range<usize> {
        let inner = self.inner.source_rows(rows);
        inner.start + self.corner.1..inner.end + self.corner.1
    }

    fn recomputed_rows(&self) -> usize {
        self.inner.recomputed_rows()
    }

    fn run(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (bytes, height) = self.size;
        self.inner
            .run(&source.part(self.corner, bytes, height), strip);
    }
}

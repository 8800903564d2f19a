//! The host executor of `connected_components`.

use crate::host::flood::{Flood, flood};
use crate::host::view::{Source, Strip, check_images, for_each_strip};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::ComponentsArgs;
use std::any::TypeId;

/// The host executor of [`ConnectedComponents`](super::ConnectedComponents) with this connectivity: an image at a time is for each worker. It
/// does not use the workspace.
pub(super) struct ComponentsHost<const NEIGHBORS: usize>;

impl<const NEIGHBORS: usize> HostKernel for ComponentsHost<NEIGHBORS> {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<ComponentsArgs>();
        check_images(&args.src, 1, &args.dst, size_of::<i32>()).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no longer.
        let source = unsafe { Source::<u8>::of(&args.src) };
        let size = (args.dst.width as usize, args.dst.height as usize);
        let each = |image: &mut Strip<'_, i32>| number::<NEIGHBORS>(&source, image, size);
        // A strip of all rows is an image.
        // SAFETY: as above, and the source does not overlap it.
        unsafe { for_each_strip(workers, &args.dst, size.1, each) };
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

/// Numbers the components of an image.
fn number<const NEIGHBORS: usize>(
    source: &Source<'_, u8>,
    image: &mut Strip<'_, i32>,
    (width, height): (usize, usize),
) {
    let frame = image.frame();
    for y in 0..height {
        image.row(y).fill(0);
    }
    let mut components = Components {
        mask: source.reborrow(),
        frame,
        numbers: image.reborrow(),
        number: 1,
    };
    for y in 0..height {
        for x in 0..width {
            if components.is_new(x, y) {
                flood::<NEIGHBORS>(&mut components, (width, height), (x, y));
                components.number += 1;
            }
        }
    }
}

/// The numbers of an image: 0 for pixels that were not entered, and a negative number for those on the way.
struct Components<'a> {
    mask: Source<'a, u8>,
    frame: usize,
    numbers: Strip<'a, i32>,
    /// The number of the component that is found.
    number: i32,
}

impl Components<'_> {
    fn is_new(&mut self, x: usize, y: usize) -> bool {
        self.mask.row(self.frame, y)[x] != 0 && self.numbers.row(y)[x] == 0
    }
}

impl Flood for Components<'_> {
    fn enter(&mut self, x: usize, y: usize, direction: u8) -> bool {
        let is_new = self.is_new(x, y);
        if is_new {
            self.numbers.row(y)[x] = -1 - i32::from(direction);
        }
        is_new
    }

    fn leave(&mut self, x: usize, y: usize) -> u8 {
        let kept = std::mem::replace(&mut self.numbers.row(y)[x], self.number);
        (-1 - kept) as u8
    }
}

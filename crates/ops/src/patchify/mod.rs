//! The operator `patchify`.

mod cuda;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{MAX_ROW_SAMPLES, text_by_name};
use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::gather::host::Bits;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout};
use crate::unary::UnaryPlan;
use host::PatchifyHost;
use pixelflume_kernels::args::PatchifyArgs;
use std::sync::Arc;

const KIND: &str = "patchify";

/// The order of the axes in the row of a patch, the last one changing fastest: `c` channel, `t` time, `h` row of the patch, `w` column of
/// the patch.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum PatchOrder {
    /// Channel, time, row, column: the Qwen-VL family, and the tiles of Idefics3 and SmolVLM.
    #[default]
    Cthw,
    /// Time, channel, row, column.
    Tchw,
    /// Time, row, column, channel: SigLIP 2 and Gemma 4.
    Thwc,
}

impl PatchOrder {
    /// All orders, in the order in which error messages list them.
    pub const ALL: [PatchOrder; 3] = [PatchOrder::Cthw, PatchOrder::Tchw, PatchOrder::Thwc];

    /// The name that pipeline files use, for example `cthw`.
    pub const fn name(self) -> &'static str {
        match self {
            PatchOrder::Cthw => "cthw",
            PatchOrder::Tchw => "tchw",
            PatchOrder::Thwc => "thwc",
        }
    }

    /// The order that a launch's arguments have as this number.
    fn of(number: u32) -> Self {
        let order = Self::ALL.get(number as usize);
        order.copied().unwrap_or(PatchOrder::Thwc)
    }
}

text_by_name!(PatchOrder, KIND, "order");

/// Makes the matrix of an image's patches: one row for each patch, with the samples of the patch. Kind: `patchify`, parameters
/// `width`, `height`, `merge`, `temporal`, `order`.
///
/// Formula: the image is cut into patches of `width` x `height` pixels. They follow one another row by row, or, where `merge` is
/// more than 1, in groups of `merge` x `merge` patches, group by group and each group row by row: patches that a model merges into
/// one token stand next to each other. The samples of a patch are in the order of [`PatchOrder`], with the image repeated `temporal`
/// times along the axis of time. In NumPy, for `temporal = 1`, an interleaved image, `gh` rows and `gw` columns of groups, `m = merge`,
/// and patches of `ph` rows, `pw` columns and `c` channels:
/// `image.reshape(gh, m, ph, gw, m, pw, c).transpose(0, 3, 1, 4, 6, 2, 5).reshape(-1, c * ph * pw)` for `cthw` and `tchw`, and the axes
/// `(0, 3, 1, 4, 2, 5, 6)` for `thwc`.
///
/// The rows are the `pixel_values` of the Qwen-VL family (`merge = 2`, `temporal = 2`), of SigLIP 2 and Gemma 4 (`order = "thwc"`),
/// and the tiles of Idefics3 and SmolVLM (with the width and height of a tile).
///
/// The input is an image of 1, 3 or 4 channels, of any sample type and layout, whose width and height are multiples of a group.
/// The output has samples of the same type in one channel, a width of `temporal * channels * height * width` samples, which
/// may be more than the 65536 that other operators take, and one row for each patch; both are below 2^30.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Patchify, SampleType};
///
/// let patchify = Patchify::new(14, 14)?.merge(2)?.temporal(2)?;
/// let image = ImageShape { sample: SampleType::F32, ..ImageShape::u8(280, 196, 3) };
/// let matrix = patchify.plan(&[image])?.output();
/// assert_eq!((matrix.height, matrix.width), (20 * 14, 3 * 2 * 14 * 14));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Patchify {
    width: u32,
    height: u32,
    merge: u32,
    temporal: u32,
    order: PatchOrder,
}

impl Patchify {
    /// The most repetitions of the image along the axis of time.
    pub(crate) const MOST_TEMPORAL: u32 = 64;

    /// Patches of `width` x `height` pixels, each 1 to 65536, row by row, each with its channels one after the other.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        Ok(Patchify {
            width,
            height,
            merge: 1,
            temporal: 1,
            order: PatchOrder::Cthw,
        })
    }

    /// Sets the number of patches of a group along each axis, 1 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is not 1 to 65536.
    pub fn merge(self, merge: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "merge", merge)?;
        Ok(Patchify { merge, ..self })
    }

    /// Sets how often the image stands along the axis of time, 1 to 64.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is not 1 to 64.
    pub fn temporal(self, temporal: u32) -> Result<Self, OperatorError> {
        match temporal {
            1..=Self::MOST_TEMPORAL => Ok(Patchify { temporal, ..self }),
            _ => Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "temporal",
                got: temporal.to_string(),
                expected: format!("a number of frames from 1 to {}", Self::MOST_TEMPORAL),
            }),
        }
    }

    /// Sets the order of the axes in a row.
    #[must_use]
    pub const fn order(self, order: PatchOrder) -> Self {
        Patchify { order, ..self }
    }

    /// Width of a patch in pixels.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of a patch in pixels.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Patches of a group along each axis.
    pub const fn merge_size(&self) -> u32 {
        self.merge
    }

    /// Times that the image stands along the axis of time.
    pub const fn repetitions(&self) -> u32 {
        self.temporal
    }

    /// The order of the axes in a row.
    pub const fn row_order(&self) -> PatchOrder {
        self.order
    }

    /// The shape of the matrix of an image.
    fn matrix(&self, image: ImageShape) -> Result<ImageShape, OperatorError> {
        let refuse = |reason: String| OperatorError::Shape {
            operator: KIND,
            got: image,
            reason,
        };
        let group = [self.width, self.height].map(|side| u64::from(side) * u64::from(self.merge));
        let [across, down] =
            [(image.width, group[0]), (image.height, group[1])].map(|(side, group)| {
                u64::from(side)
                    .is_multiple_of(group)
                    .then(|| u64::from(side) / group)
            });
        let (Some(across), Some(down)) = (across, down) else {
            return Err(refuse(format!(
                "its sides are no multiples of {}x{}, {} patch(es) of {}x{} along each axis; resize or pad it first",
                group[0], group[1], self.merge, self.width, self.height
            )));
        };
        let merge = u64::from(self.merge);
        let patches = across * merge * down * merge;
        let samples = [self.width, self.height, image.channels, self.temporal]
            .into_iter()
            .map(u64::from)
            .product::<u64>();
        if patches.max(samples) >= MAX_ROW_SAMPLES {
            return Err(refuse(format!(
                "it has {patches} patches of {samples} samples; fewer than {MAX_ROW_SAMPLES} of each are possible"
            )));
        }
        Ok(ImageShape {
            width: samples as u32,
            height: patches as u32,
            channels: 1,
            sample: image.sample,
            layout: Layout::Interleaved,
        })
    }
}

impl Operator for Patchify {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let output = self.matrix(input)?;
        let (entry, host) = match input.sample.bytes() {
            1 => ("patchify_1", host_code::<u8>()),
            2 => ("patchify_2", host_code::<u16>()),
            _ => ("patchify_4", host_code::<u32>()),
        };
        let patchify = *self;
        // Planar images are rows of samples, one plane after the other.
        let planar = input.layout == Layout::Planar;
        let planes = if planar { input.channels } else { 1 };
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::PATCHIFY.kernels,
            entry,
            grid: cuda::grid,
            host,
            input,
            output,
            elementwise: planar,
            args: move |src, dst| PatchifyArgs {
                src,
                dst,
                patch_width: patchify.width,
                patch_height: patchify.height,
                merge: patchify.merge,
                temporal: patchify.temporal,
                planes,
                order: patchify.order as u32,
            },
            action: Some(Action::Other),
        }))
    }
}

fn host_code<T: Bits>() -> Arc<dyn StripCode> {
    Arc::new(HostCode(PatchifyHost::<T>::default()))
}

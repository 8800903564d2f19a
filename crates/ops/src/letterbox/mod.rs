//! The operator `letterbox`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::side;
use crate::contract::stage::{BorderMode, GatherMap, GatherStep};
use crate::contract::{
    Action, Binding, ChainStep, Code, ImageContext, Operator, OperatorError, Plan, Stage, checks,
};
use crate::fusion::as_chain;
use crate::gather::own_plan;
use crate::image::{ImageBatch, ImageShape};
use crate::resize::Resize;
use host::FramedStrips;
use pixelflume_device::{Device, DeviceError, Launch};
use std::sync::Arc;

const KIND: &str = "letterbox";

/// Resizes 8-bit images to fit a rectangle with their aspect ratio kept, and frames them with a constant color. Kind:
/// `letterbox`, parameters `width`, `height`, `value`, `scaleup`, `center`, `auto`, `stride`.
///
/// Formula: with `scale = min(width / image_width, height / image_height)` in f64, at most 1 where `scaleup` is off, each side
/// becomes `round_half_even(side * scale)`, at least 1 pixel; OpenCV's `resize` (`INTER_LINEAR`) to that size; then OpenCV's
/// `copyMakeBorder` with a constant color. The frame is `rest = width - side` pixels wide (`rest mod stride` where `auto` is on, so
/// that the output is smaller than the rectangle), `rest // 2` of them at the left and the others at the right, or all at the right
/// where `center` is off; top and bottom likewise. This is ultralytics' `LetterBox`, the preprocessing of the YOLO family.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
///
/// ```
/// use pixelflume_ops::{ImageShape, Letterbox, Operator};
///
/// let letterbox = Letterbox::new(640, 640)?;
/// let photo = [ImageShape::u8(1920, 1080, 3)];
/// assert_eq!(letterbox.plan(&photo)?.output(), ImageShape::u8(640, 640, 3));
///
/// // 640x360 pixels, and 24 more rows to a multiple of 32.
/// let letterbox = letterbox.auto(true);
/// assert_eq!(letterbox.plan(&photo)?.output(), ImageShape::u8(640, 384, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Letterbox {
    width: u32,
    height: u32,
    value: [u8; 4],
    scaleup: bool,
    center: bool,
    auto: bool,
    stride: u32,
}

/// The place of an image in its frame.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct LetterboxPlace {
    /// Columns at the left of the image.
    pub left: u32,
    /// Rows above the image.
    pub top: u32,
    /// Width of the resized image.
    pub width: u32,
    /// Height of the resized image.
    pub height: u32,
    /// Width of the output.
    pub output_width: u32,
    /// Height of the output.
    pub output_height: u32,
}

impl Letterbox {
    /// A letterbox of `width` x `height` pixels, each 1 to 65536, with 114 in each channel around the image, which is enlarged where
    /// it is smaller, and lies in the middle.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        side(KIND, "width", width)?;
        side(KIND, "height", height)?;
        Ok(Letterbox {
            width,
            height,
            value: [114; 4],
            scaleup: true,
            center: true,
            auto: false,
            stride: 32,
        })
    }

    /// Sets the color around the image, one sample for each channel. Images of fewer channels take the first samples.
    #[must_use]
    pub const fn value(self, value: [u8; 4]) -> Self {
        Letterbox { value, ..self }
    }

    /// Sets whether smaller images are enlarged. Default on.
    #[must_use]
    pub const fn scaleup(self, scaleup: bool) -> Self {
        Letterbox { scaleup, ..self }
    }

    /// Sets whether the image lies in the middle, else at the top left. Default on.
    #[must_use]
    pub const fn center(self, center: bool) -> Self {
        Letterbox { center, ..self }
    }

    /// Sets whether the frame is no wider than it must be for sides that differ from `width` and `height` by multiples of the
    /// stride: the output has the smallest such sides. Default off.
    #[must_use]
    pub const fn auto(self, auto: bool) -> Self {
        Letterbox { auto, ..self }
    }

    /// Sets the stride of [`Letterbox::auto`], 1 to 65536. Default 32.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the stride is not 1 to 65536.
    pub fn stride(self, stride: u32) -> Result<Self, OperatorError> {
        side(KIND, "stride", stride)?;
        Ok(Letterbox { stride, ..self })
    }

    /// Width of the rectangle in pixels, and of the output unless [`Letterbox::auto`] is on.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of the rectangle in pixels, and of the output unless [`Letterbox::auto`] is on.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The color around the image, one sample for each channel.
    pub const fn fill_value(&self) -> [u8; 4] {
        self.value
    }

    /// Whether smaller images are enlarged.
    pub const fn is_scaleup(&self) -> bool {
        self.scaleup
    }

    /// Whether the image lies in the middle.
    pub const fn is_center(&self) -> bool {
        self.center
    }

    /// Whether the frame is as narrow as the stride allows.
    pub const fn is_auto(&self) -> bool {
        self.auto
    }

    /// The stride of [`Letterbox::auto`].
    pub const fn stride_value(&self) -> u32 {
        self.stride
    }

    /// The place in the output of an image of `width` x `height` pixels, for example to map boxes back to the image.
    pub fn place(&self, width: u32, height: u32) -> LetterboxPlace {
        let ratio = |target: u32, source: u32| f64::from(target) / f64::from(source);
        let scale = ratio(self.width, width).min(ratio(self.height, height));
        let scale = if self.scaleup { scale } else { scale.min(1.0) };
        let scaled = |source: u32, target: u32| {
            let side = (f64::from(source) * scale).round_ties_even();
            // The conversion saturates, so that no image is too large for it.
            (side as u32).clamp(1, target)
        };
        let framed = |inner: u32, target: u32| {
            let rest = target - inner;
            let rest = if self.auto { rest % self.stride } else { rest };
            (if self.center { rest / 2 } else { 0 }, inner + rest)
        };
        let (width, height) = (scaled(width, self.width), scaled(height, self.height));
        let (left, output_width) = framed(width, self.width);
        let (top, output_height) = framed(height, self.height);
        LetterboxPlace {
            left,
            top,
            width,
            height,
            output_width,
            output_height,
        }
    }
}

impl Letterbox {
    /// The inner rectangle of the output, and the border around it.
    fn step(&self, inputs: &[ImageShape]) -> Result<GatherStep, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let place = self.place(input.width, input.height);
        let map = GatherMap {
            left: place.left as i32,
            top: place.top as i32,
            inner: (place.width, place.height),
            border: BorderMode::FrameOnly,
            value: self.value.map(u32::from),
            ..GatherMap::identity(input)
        };
        Ok(GatherStep {
            map,
            output: (place.output_width, place.output_height),
        })
    }
}

impl Operator for Letterbox {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let step = self.step(inputs)?;
        let (input, map) = (inputs[0], step.map);
        let output = step.output_of(input);
        let (width, height) = map.inner;
        Ok(as_chain(Arc::new(LetterboxPlan {
            input,
            output,
            resize: Resize::new(width, height)?.own_plan(inputs)?,
            border: own_plan(KIND, input, output, map),
            map,
        })))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Letterbox(self.step(&[image.shape])?)))
    }
}

/// The plan of two launches: the resize writes the inner rectangle of the output, and a gather the border around it. On CUDA
/// these are oracle kernels.
#[derive(Debug)]
struct LetterboxPlan {
    input: ImageShape,
    output: ImageShape,
    resize: Arc<dyn Plan>,
    border: Arc<dyn Plan>,
    /// The inner rectangle of the output, and the border around it.
    map: GatherMap,
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The resize reads the input and its tables, and writes a rectangle that lies in the output, as
// its own `bind` checks as well. The other launch reads nothing and writes the rest of the output.
unsafe impl Plan for LetterboxPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        self.resize.tables()
    }

    fn stage(&self) -> Option<Stage> {
        let resize = self.resize.stage()?;
        let Action::Resize(tables) = resize.action else {
            return None;
        };
        let (inner, channels) = (self.resize.output(), self.output.channels as usize);
        let around = inner != self.output;
        let host = FramedStrips {
            inner: resize.host,
            border: around.then_some(self.border.stage()?.host),
            at: (self.map.left as usize * channels, self.map.top as usize),
            size: (inner.row_bytes(), inner.height as usize),
        };
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.output,
            action: Action::Letterbox(tables, self.map),
            host: Arc::new(host),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let mut code = Arc::clone(&self.resize).code(device)?;
        code.append(&mut Arc::clone(&self.border).code(device)?);
        Ok(code)
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(KIND, binding, &[self.input], self.output);
        let [resize @ .., _] = code else {
            panic!("{KIND} was bound to the code of another plan");
        };
        let (left, top) = (self.map.left as usize, self.map.top as usize);
        let output = binding.output;
        let first = top * output.row_pitch + left * self.output.channels as usize;
        let inner = ImageBatch {
            shape: self.resize.output(),
            base: output.base.offset(first),
            ..output
        };
        let inner = Binding {
            output: inner,
            ..*binding
        };
        self.resize.bind(resize, &inner, launches);
        if self.resize.output() != self.output {
            self.border.bind(&code[resize.len()..], binding, launches);
        }
    }
}

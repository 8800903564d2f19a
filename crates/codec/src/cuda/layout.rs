//! Where the coefficients, samples and pixels of one image lie, as numbers: nothing here is an address or allocates.

use crate::decode::turn::Turn;
use pixelflume_jpeg::{Cmyk, Color, ColorSpace, Frame, Rect};
use pixelflume_kernels::args::{JpegColor, JpegUpsampling};
use pixelflume_ops::ImageShape;

/// Bytes of a block of 64 coefficients.
pub(crate) const BLOCK_BYTES: u64 = 128;

/// What is known of an image before its coefficients are: the layout of everything that is made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ImageLayout {
    components: [ComponentLayout; 4],
    count: usize,
    /// The rectangle of the stored image that is made.
    pub(crate) rect: Rect,
    /// One of [`JpegColor`].
    pub(crate) color: u32,
    /// The pixels in memory.
    pub(crate) pixels: PixelLayout,
}

/// A component: its blocks of coefficients, and the rectangle of them that becomes samples. Offsets are bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ComponentLayout {
    /// The first block of the component, from the coefficients of the image on.
    pub(crate) coefficients: u64,
    /// Blocks of a row, of which the next one begins behind.
    pub(crate) stored_columns: u32,
    /// Rows of blocks.
    pub(crate) stored_rows: u32,
    /// Whether samples are made of the component: gray output has no use for color.
    pub(crate) used: bool,
    /// The first sample, from the samples of the image on.
    pub(crate) samples: u64,
    /// The blocks that become samples: the first column and row, and how many of each.
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    /// The last column and row of samples.
    pub(crate) right: u32,
    pub(crate) bottom: u32,
    /// One of [`JpegUpsampling`], and the pixels for a sample.
    pub(crate) upsampling: u32,
    pub(crate) across: u32,
    pub(crate) down: u32,
}

/// The pixels of an image in memory: rows of interleaved samples, of which a pitch is a multiple of 16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PixelLayout {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: u32,
    /// Bytes from a row to the next.
    pub(crate) pitch: u32,
    /// Bytes from the beginning of the memory to the first pixel.
    pub(crate) offset: u32,
    /// Bytes from the first pixel of the memory to where the first pixel of the rectangle goes.
    pub(crate) origin: i64,
    /// Bytes from where a pixel goes to where its right neighbor and the pixel below it go.
    pub(crate) step_x: i64,
    pub(crate) step_y: i64,
}

impl ImageLayout {
    /// The layout of `rect`, which lies inside of the frame, as pixels of `color` turned by `turn`.
    pub(crate) fn new(
        frame: &Frame,
        space: ColorSpace,
        (color, cmyk): (Color, Cmyk),
        turn: Turn,
        rect: Rect,
    ) -> Self {
        let (color, channels) = conversion(space, color, cmyk);
        let used = match color {
            JpegColor::GRAY | JpegColor::GRAY_TO_RGB => 1,
            _ => frame.components().len(),
        };
        let mut components = [ComponentLayout::default(); 4];
        let (mut coefficients, mut samples) = (0, 0);
        for index in 0..frame.components().len() {
            let mut component = ComponentLayout::new(frame, index, rect);
            component.coefficients = coefficients;
            component.samples = samples;
            component.used = index < used;
            coefficients += component.coefficient_bytes();
            samples += component.sample_bytes();
            components[index] = component;
        }
        ImageLayout {
            components,
            count: frame.components().len(),
            rect,
            color,
            pixels: PixelLayout::new(rect, channels, turn),
        }
    }

    /// The shape of the pixels.
    pub(crate) fn shape(&self) -> ImageShape {
        ImageShape::u8(self.pixels.width, self.pixels.height, self.pixels.channels)
    }

    pub(crate) fn components(&self) -> &[ComponentLayout] {
        &self.components[..self.count]
    }

    /// Bytes of all coefficients, a multiple of 128.
    pub(crate) fn coefficient_bytes(&self) -> u64 {
        let each = self
            .components()
            .iter()
            .map(ComponentLayout::coefficient_bytes);
        each.sum()
    }

    /// Bytes of all samples, a multiple of 64.
    pub(crate) fn sample_bytes(&self) -> u64 {
        self.components()
            .iter()
            .map(ComponentLayout::sample_bytes)
            .sum()
    }
}

impl ComponentLayout {
    fn new(frame: &Frame, index: usize, rect: Rect) -> Self {
        let (stored_columns, stored_rows) = frame.stored_blocks(index);
        let (across, down) = frame.ratio(index);
        let (width, height) = frame.samples(index);
        let (left, columns, right) = span(rect.x, rect.width, across, width);
        let (top, rows, bottom) = span(rect.y, rect.height, down, height);
        let upsampling = match (across, down) {
            (1, 1) => JpegUpsampling::COPY,
            (2, 1) if width > 2 => JpegUpsampling::HORIZONTAL,
            (1, 2) => JpegUpsampling::VERTICAL,
            (2, 2) if width > 2 => JpegUpsampling::BOTH,
            _ => JpegUpsampling::REPEAT,
        };
        ComponentLayout {
            coefficients: 0,
            stored_columns,
            stored_rows,
            used: true,
            samples: 0,
            left,
            top,
            columns,
            rows,
            right,
            bottom,
            upsampling,
            across,
            down,
        }
    }

    pub(crate) fn coefficient_bytes(&self) -> u64 {
        u64::from(self.stored_columns) * u64::from(self.stored_rows) * BLOCK_BYTES
    }

    pub(crate) fn sample_bytes(&self) -> u64 {
        match self.used {
            true => u64::from(self.columns) * u64::from(self.rows) * 64,
            false => 0,
        }
    }

    /// Bytes from a row of samples to the next.
    pub(crate) fn pitch(&self) -> u32 {
        8 * self.columns
    }
}

/// Along one axis: the first block that pixels `from..from + count` need, how many blocks, and the last sample in them. A pixel needs
/// the sample that it lies in and the one beside it.
fn span(from: u32, count: u32, ratio: u32, samples: u32) -> (u32, u32, u32) {
    let first = (from / ratio).saturating_sub(1) / 8;
    let last = ((from + count - 1) / ratio + 1).min(samples - 1) / 8;
    (first, last - first + 1, (8 * last + 7).min(samples - 1))
}

/// The conversion of the kernel, and the channels that come out.
fn conversion(space: ColorSpace, color: Color, cmyk: Cmyk) -> (u32, u32) {
    let gray = color == Color::Gray || (color == Color::Native && space == ColorSpace::Gray);
    let by_pillow = cmyk == Cmyk::Pillow;
    let conversion = match (space, gray) {
        (ColorSpace::Gray | ColorSpace::YCbCr, true) => JpegColor::GRAY,
        (ColorSpace::Gray, false) => JpegColor::GRAY_TO_RGB,
        (ColorSpace::YCbCr, false) => JpegColor::YCBCR_TO_RGB,
        (ColorSpace::Rgb, true) => JpegColor::RGB_TO_GRAY,
        (ColorSpace::Rgb, false) => JpegColor::RGB,
        (ColorSpace::Cmyk, true) => JpegColor::CMYK_TO_GRAY,
        (ColorSpace::Ycck, true) => JpegColor::YCCK_TO_GRAY,
        (ColorSpace::Cmyk, false) if by_pillow => JpegColor::CMYK_TO_RGB_PILLOW,
        (ColorSpace::Ycck, false) if by_pillow => JpegColor::YCCK_TO_RGB_PILLOW,
        (ColorSpace::Cmyk, false) => JpegColor::CMYK_TO_RGB,
        (ColorSpace::Ycck, false) => JpegColor::YCCK_TO_RGB,
    };
    (conversion, if gray { 1 } else { 3 })
}

impl PixelLayout {
    fn new(rect: Rect, channels: u32, turn: Turn) -> Self {
        let (width, height) = turn.size(rect.width, rect.height);
        // The kernel stores whole words where column 0 of the stored image is at a multiple of 16 bytes, or would be.
        let offset = match turn == Turn::NONE {
            true => rect.x % 16 * channels,
            false => 0,
        };
        let pitch = (offset + width * channels).next_multiple_of(16);
        let (x_step, y_step) = (i64::from(channels), i64::from(pitch));
        let at = |x: u32, y: u32| {
            let (x, y) = turn.place(x, y, rect.width, rect.height);
            i64::from(x) * x_step + i64::from(y) * y_step
        };
        let origin = at(0, 0);
        // A neighbor in the turned image: also where the rectangle has one column or row.
        let (step_x, step_y) = turn.steps(x_step, y_step);
        PixelLayout {
            width,
            height,
            channels,
            pitch,
            offset,
            origin,
            step_x,
            step_y,
        }
    }

    /// Bytes of the memory.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.pitch) * u64::from(self.height)
    }
}

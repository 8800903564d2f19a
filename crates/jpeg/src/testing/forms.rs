//! The forms in which libraries give images: made by the model and by the decoder alike.

use crate::decoder::Decoder;
use crate::decoder::options::{Color, Options, Target};
use crate::error::JpegError;
use crate::file::header::Header;
use crate::samples::color::cmyk::Cmyk;
use crate::testing::model::{Inks, Model};

/// What a library returns for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `cv2.imread` with `IMREAD_COLOR` and `IMREAD_IGNORE_ORIENTATION`, as RGB.
    OpenCvRgb,
    /// `cv2.imread` with `IMREAD_COLOR`, as RGB.
    OpenCvTurned,
    /// `cv2.imread` with `IMREAD_GRAYSCALE` and `IMREAD_IGNORE_ORIENTATION`.
    OpenCvGray,
    /// Pillow's `convert("RGB")`.
    PillowRgb,
}

impl Form {
    /// All forms, with the names that golden files have for them. Pillow has two versions there.
    pub const ALL: [(&'static str, Self); 5] = [
        ("opencv-rgb", Self::OpenCvRgb),
        ("opencv-turned", Self::OpenCvTurned),
        ("opencv-gray", Self::OpenCvGray),
        ("pillow12-rgb", Self::PillowRgb),
        ("pillow13-rgb", Self::PillowRgb),
    ];
}

/// An image of interleaved samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// The samples of all rows: three for each pixel, or one of gray.
    pub samples: Vec<u8>,
}

impl Image {
    /// The image as OpenCV turns it for an orientation of EXIF, 1 to 8.
    #[must_use]
    pub fn turned(&self, orientation: u8) -> Self {
        let channels = self.samples.len() / (self.width * self.height);
        let is_transposed = orientation >= 5;
        let (width, height) = match is_transposed {
            true => (self.height, self.width),
            false => (self.width, self.height),
        };
        let mut samples = Vec::with_capacity(self.samples.len());
        for y in 0..height {
            for x in 0..width {
                let x = if matches!(orientation, 2 | 3 | 6 | 7) {
                    width - 1 - x
                } else {
                    x
                };
                let y = if matches!(orientation, 3 | 4 | 7 | 8) {
                    height - 1 - y
                } else {
                    y
                };
                let (x, y) = if is_transposed { (y, x) } else { (x, y) };
                samples.extend_from_slice(
                    &self.samples[channels * (y * self.width + x)..][..channels],
                );
            }
        }
        Self {
            width,
            height,
            samples,
        }
    }
}

impl Model {
    /// The image in a form.
    #[must_use]
    pub fn form(&self, form: Form) -> Image {
        let image = |samples| Image {
            width: self.width,
            height: self.height,
            samples,
        };
        match form {
            Form::OpenCvRgb => image(self.rgb(Inks::OpenCv)),
            Form::OpenCvTurned => image(self.rgb(Inks::OpenCv)).turned(self.orientation),
            Form::OpenCvGray => image(self.gray()),
            Form::PillowRgb => image(self.rgb(Inks::Pillow)),
        }
    }
}

/// Decodes a file with the decoder of this crate. `options` say whether it may be cut; color and inks are the form's. It takes memory for
/// the image that the header promises.
///
/// # Errors
/// Those of [`Decoder::decode`].
pub fn decode(
    decoder: &mut Decoder,
    file: &[u8],
    form: Form,
    options: &Options,
) -> Result<Image, JpegError> {
    let header = Header::read(file)?;
    let (color, cmyk) = match form {
        Form::OpenCvRgb | Form::OpenCvTurned => (Color::Rgb, Cmyk::OpenCv),
        Form::OpenCvGray => (Color::Gray, Cmyk::OpenCv),
        Form::PillowRgb => (Color::Rgb, Cmyk::Pillow),
    };
    let options = Options {
        color,
        cmyk,
        ..*options
    };
    let (width, height) = match options.crop {
        Some(crop) => (crop.width as usize, crop.height as usize),
        None => (
            header.frame().width() as usize,
            header.frame().height() as usize,
        ),
    };
    let pitch = width * color.channels(header.color());
    let mut samples = vec![0; pitch * height];
    let target = Target {
        data: &mut samples,
        pitch,
    };
    decoder.decode(file, &options, target)?;
    let image = Image {
        width,
        height,
        samples,
    };
    Ok(match form {
        Form::OpenCvTurned => image.turned(header.orientation()),
        _ => image,
    })
}

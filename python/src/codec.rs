//! Image files: `decode`, `imread`, `encode` and `imwrite`.

mod errors;
mod images;

use crate::codec::errors::{decode_error, encode_error};
use crate::codec::images::{content, tensor_of, with_image};
use crate::results::tensor::Tensor;
use pixelflume::codec::{
    Color, DecodeOptions, EncodeError, EncodeOptions, Existing, Format, Limits, Orientation, Rect,
    Subsampling, decode as decode_bytes, encode as encode_image, read, write,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(decode, module)?)?;
    module.add_function(wrap_pyfunction!(imread, module)?)?;
    module.add_function(wrap_pyfunction!(encode, module)?)?;
    module.add_function(wrap_pyfunction!(imwrite, module)?)
}

/// How a file is decoded, by the keyword arguments of `decode` and `imread`.
fn decode_options(
    exif: &str,
    channels: Option<i64>,
    max_pixels: u64,
    allow_truncated: bool,
    crop: Option<[u32; 4]>,
) -> PyResult<DecodeOptions> {
    let color = match channels {
        None => Color::Keep,
        Some(1) => Color::Gray,
        Some(3) => Color::Rgb,
        Some(4) => Color::Rgba,
        Some(_) => {
            return Err(PyValueError::new_err(
                "channels is 1 (gray), 3 (RGB), 4 (RGBA), or None for those of the file",
            ));
        }
    };
    let mut orientations = Orientation::ALL.into_iter();
    let orientation = orientations.find(|orientation| orientation.name() == exif);
    let orientation = orientation.ok_or_else(|| {
        PyValueError::new_err(
            "exif is \"apply\" (the image is turned as its EXIF data says) or \"ignore\"",
        )
    })?;
    let limits = Limits {
        max_pixels,
        ..Limits::default()
    };
    Ok(DecodeOptions {
        limits,
        orientation,
        color,
        allow_truncated,
        crop: crop.map(|[x, y, width, height]| Rect {
            x,
            y,
            width,
            height,
        }),
    })
}

/// Decodes an image file in memory to a tensor of 8-bit samples on the host, of the shape
/// (height, width, channels).
///
/// PNG, JPEG, BMP, PNM, GIF (the first frame), TIFF (the first image) and WebP are read; the format
/// follows from the content. Channels are those of the file: 1 for gray, 3 for color (RGB, in this
/// order), 4 with transparency. Samples of 16 bits are rounded to 8. Color profiles are ignored.
///
/// Args:
///     data: The content of the file: bytes, or another buffer of bytes.
///     exif: "apply" turns the image as its EXIF data says, as OpenCV and viewers do;
///         "ignore" leaves it as it is stored, as Pillow and torchvision do.
///     channels: 1 (gray), 3 (RGB) or 4 (RGBA) converts the image. Gray is that of OpenCV (of
///         JPEG files the luma, as `cv2.imread` reads it); transparency is dropped without blending.
///     max_pixels: An image of more pixels is refused before it is decoded. The default is
///         twice the number from which Pillow warns.
///     allow_truncated: Decodes the part that is there of a cut or damaged JPEG file, as OpenCV
///         does, in place of an error.
///     crop: The part to decode: (x, y, width, height) in pixels of the image as it is turned. It
///         must lie in the image. Of most JPEG files the rows below it are not decoded.
///
/// The samples of JPEG files are those of libjpeg-turbo, which OpenCV, Pillow and torchvision
/// use, bit for bit; CMYK is converted as OpenCV does it.
///
/// Raises:
///     DecodeError: The data is no image, is damaged or cut off, or the image is too large.
///
/// >>> import numpy as np
/// >>> import pixelflume as pf
/// >>> image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
/// >>> file = pf.encode(image, "png")
/// >>> bool((pf.decode(file).numpy() == image).all())
/// True
/// >>> pf.decode(file, channels=1).shape
/// (2, 4, 1)
#[pyfunction]
#[pyo3(signature = (data, *, exif = "apply", channels = None, max_pixels = 178_956_970, allow_truncated = false, crop = None))]
fn decode(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    exif: &str,
    channels: Option<i64>,
    max_pixels: u64,
    allow_truncated: bool,
    crop: Option<[u32; 4]>,
) -> PyResult<Tensor> {
    let options = decode_options(exif, channels, max_pixels, allow_truncated, crop)?;
    let bytes = content(data)?;
    let decoded = py.detach(|| decode_bytes(&bytes, &options).map(tensor_of));
    Ok(decoded.map_err(|error| decode_error(error, None))??)
}

/// Reads and decodes an image file; see `decode` for what is read and for the arguments.
///
/// Args:
///     path: The path of a regular file.
///     exif: "apply" or "ignore".
///     channels: 1, 3 or 4 converts the image.
///     max_pixels: An image of more pixels is refused.
///     allow_truncated: Decodes what is there of a cut or damaged JPEG file.
///     crop: (x, y, width, height) of the part to decode.
///
/// Raises:
///     OSError: The file cannot be read: `FileNotFoundError`, `PermissionError`.
///     DecodeError: It is no image, is damaged or cut off, or too large.
///
/// >>> import numpy as np
/// >>> import pixelflume as pf
/// >>> pf.imwrite("gray.png", np.full((2, 3), 7, np.uint8), overwrite=True)
/// >>> pf.imread("gray.png").shape
/// (2, 3, 1)
#[pyfunction]
#[pyo3(signature = (path, *, exif = "apply", channels = None, max_pixels = 178_956_970, allow_truncated = false, crop = None))]
fn imread(
    py: Python<'_>,
    path: PathBuf,
    exif: &str,
    channels: Option<i64>,
    max_pixels: u64,
    allow_truncated: bool,
    crop: Option<[u32; 4]>,
) -> PyResult<Tensor> {
    let options = decode_options(exif, channels, max_pixels, allow_truncated, crop)?;
    let decoded = py.detach(|| read(&path, &options).map(tensor_of));
    Ok(decoded.map_err(|error| decode_error(error, Some(&path)))??)
}

/// Encodes an image: 8 bits, gray, RGB or RGBA.
///
/// Args:
///     image: One image, as a pipeline takes it: an array of NumPy, a tensor in ordinary memory,
///         an image of Pillow. Colors are RGB, unlike those of `cv2.imencode`. It must not be
///         written by another thread during the call.
///     format: "png", "jpeg", "bmp" or "pnm"; an extension such as "jpg" or "ppm" means the
///         same.
///     quality: 1 to 100 for JPEG; without one it is 95. Other formats keep every sample.
///     subsampling: "4:4:4", "4:2:2", "4:2:0", "4:4:0" or "4:1:1" for JPEG: the resolution of the
///         color. Without one it is "4:2:0", as in OpenCV and Pillow.
///     optimize: Whether JPEG has Huffman tables made for the image: a few percent fewer bytes,
///         in up to twice the time.
///     axes: "hwc" or "chw" where the shape does not tell which axis has the channels.
///
/// Raises:
///     InputError: The image cannot be taken, or the format cannot hold it.
///     ValueError: The format or an option is wrong, or the format has no such option.
///
/// JPEG files are, byte for byte, those that OpenCV 5 and Pillow 12 and 13 write from the same
/// pixels with the same options: `cv2.imencode`, whose defaults are the ones of this function.
///
/// >>> import numpy as np
/// >>> import pixelflume as pf
/// >>> pf.encode(np.zeros((2, 2, 3), np.uint8), "ppm")[:11]
/// b'P6\n2 2 255\n'
#[pyfunction]
#[pyo3(signature = (image, format = "png", *, quality = None, subsampling = None, optimize = false, axes = None))]
fn encode<'py>(
    py: Python<'py>,
    image: &Bound<'py, PyAny>,
    format: &str,
    quality: Option<i64>,
    subsampling: Option<&str>,
    optimize: bool,
    axes: Option<&str>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (format, options) = (
        format_of(format)?,
        encode_options(quality, subsampling, optimize)?,
    );
    let encoded = with_image(image, axes, |image| {
        encode_image(image.into(), format, &options)
    })?;
    Ok(PyBytes::new(py, &encoded.map_err(encode_error)?))
}

/// Encodes an image and writes the file.
///
/// Whoever looks sees the whole file or none: it is written under a temporary name in the same
/// folder, and then renamed.
///
/// Args:
///     path: The file. Its extension says the format, unless `format` does. The folder must exist.
///     image: One image, as `encode` takes it.
///     format: "png", "jpeg", "bmp" or "pnm".
///     quality: 1 to 100 for JPEG; without one it is 95.
///     subsampling: "4:4:4", "4:2:2", "4:2:0", "4:4:0" or "4:1:1" for JPEG.
///     optimize: Whether JPEG has Huffman tables made for the image.
///     axes: "hwc" or "chw".
///     overwrite: Whether an existing file is replaced. Folders, pipes and devices never are.
///
/// Raises:
///     FileExistsError: The path exists, and `overwrite` is false.
///     OSError: The file cannot be written.
///     InputError: The image cannot be taken, or the format cannot hold it.
///     ValueError: The extension, the format or an option is wrong.
///
/// >>> import numpy as np
/// >>> import pixelflume as pf
/// >>> image = np.zeros((4, 4, 3), np.uint8)
/// >>> pf.imwrite("black.jpg", image, quality=90, overwrite=True)
/// >>> pf.imwrite("black.jpg", image)
/// Traceback (most recent call last):
/// FileExistsError: black.jpg exists already; remove it, or pass overwrite=True
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the keywords of a Python function"
)]
#[pyo3(signature = (path, image, *, format = None, quality = None, subsampling = None, optimize = false, axes = None, overwrite = false))]
fn imwrite(
    path: PathBuf,
    image: &Bound<'_, PyAny>,
    format: Option<&str>,
    quality: Option<i64>,
    subsampling: Option<&str>,
    optimize: bool,
    axes: Option<&str>,
    overwrite: bool,
) -> PyResult<()> {
    let format = match format {
        Some(name) => format_of(name)?,
        None => Format::of_path(&path)
            .ok_or_else(|| encode_error(EncodeError::Extension { path: path.clone() }))?,
    };
    let options = encode_options(quality, subsampling, optimize)?;
    let existing = match overwrite {
        true => Existing::Replace,
        false => Existing::Refuse,
    };
    let written = with_image(image, axes, |image| {
        write(&path, image.into(), format, &options, existing)
    })?;
    written.map_err(encode_error)
}

fn format_of(name: &str) -> PyResult<Format> {
    Format::of_extension(name).ok_or_else(|| {
        let name: String = name.chars().take(40).collect();
        PyValueError::new_err(format!(
            "there is no format {name:?}; png, jpeg, bmp and pnm are written"
        ))
    })
}

/// Options for the codec, which checks the range of the quality; what is beyond any range is refused here.
fn encode_options(
    quality: Option<i64>,
    subsampling: Option<&str>,
    optimize: bool,
) -> PyResult<EncodeOptions> {
    let quality = quality.map(|quality| {
        let wrong = |_| PyValueError::new_err(format!("quality {quality} is not from 1 to 100"));
        u8::try_from(quality).map_err(wrong)
    });
    let subsampling = subsampling.map(|name| {
        let mut all = Subsampling::ALL.into_iter();
        let found = all.find(|subsampling| subsampling.name() == name);
        found.ok_or_else(|| {
            let name: String = name.chars().take(40).collect();
            let names = Subsampling::ALL.map(Subsampling::name).join(", ");
            PyValueError::new_err(format!(
                "there is no subsampling {name:?}; there are {names}"
            ))
        })
    });
    Ok(EncodeOptions {
        quality: quality.transpose()?,
        subsampling: subsampling.transpose()?,
        optimize,
    })
}

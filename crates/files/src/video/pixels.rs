//! Converts frames to images and back, by the arithmetic of [`pixelflume_ops::yuv`].

use super::error::{PixelsError, ShapeError};
use super::format::{PixelFormat, Stream};
use pixelflume_ops::image::error::checked_bytes;
use pixelflume_ops::yuv::{self, Planes, PlanesMut, Subsampling, YuvCoding, YuvError};
use pixelflume_ops::{Image, ImageShape, Layout, SampleType};

/// Converts a frame of [`PixelFormat::frame_bytes`] bytes to the samples of an image of the stream's shape: RGB, or one channel
/// for gray.
///
/// # Errors
/// The frame or the image has another number of bytes than the stream's size has.
pub fn convert_frame(stream: &Stream, frame: &[u8], image: &mut [u8]) -> Result<(), PixelsError> {
    let (width, height) = (stream.width, stream.height);
    match stream.format {
        PixelFormat::Gray | PixelFormat::Rgb | PixelFormat::Bgr => {
            let expected = stream.format.frame_bytes(width, height).unwrap_or(0);
            for (what, got) in [("the frame", frame.len()), ("the image", image.len())] {
                if got != expected || expected == 0 {
                    return Err(PixelsError::Length {
                        what,
                        got,
                        expected,
                        width,
                        height,
                    });
                }
            }
            image.copy_from_slice(frame);
            if stream.format == PixelFormat::Bgr {
                swap(image);
            }
        }
        PixelFormat::Nv12 => yuv::nv12_to_rgb(stream.coding, width, height, frame, image)?,
        PixelFormat::Planar(subsampling) => {
            let planes = Planes::of_frame(subsampling, width, height, frame)?;
            yuv::planar_to_rgb(stream.coding, subsampling, width, height, planes, image)?;
        }
    }
    Ok(())
}

/// Makes an image of a frame of [`PixelFormat::frame_bytes`] bytes: RGB, or one channel for gray. Frames of RGB, BGR and gray become the image where they are,
/// without a copy.
///
/// # Errors
/// The frame has another number of bytes than the stream's size has, or memory cannot have so many.
pub fn frame_image(stream: &Stream, mut frame: Vec<u8>) -> Result<Image, PixelsError> {
    let (width, height) = (stream.width, stream.height);
    let shape = stream.shape();
    let length = |what, got, expected| PixelsError::Length {
        what,
        got,
        expected,
        width,
        height,
    };
    let expected = stream.format.frame_bytes(width, height).unwrap_or(0);
    if frame.len() != expected || expected == 0 {
        return Err(length("the frame", frame.len(), expected));
    }
    match stream.format {
        PixelFormat::Gray | PixelFormat::Rgb => {}
        PixelFormat::Bgr => swap(&mut frame),
        PixelFormat::Nv12 | PixelFormat::Planar(_) => {
            let bytes = checked_bytes(&shape).map_err(|_| length("the image", 0, 0))?;
            let mut samples = vec![0; bytes];
            convert_frame(stream, &frame, &mut samples)?;
            frame = samples;
        }
    }
    let bytes = frame.len();
    Image::new(shape, frame).map_err(|_| length("the image", bytes, 0))
}

/// Appends an image of this shape to `to` as a frame. The image has the channels of `format`, 8 bits, interleaved.
pub(super) fn append_frame(
    format: PixelFormat,
    coding: YuvCoding,
    shape: &ImageShape,
    samples: &[u8],
    to: &mut Vec<u8>,
) -> Result<(), YuvError> {
    let (width, height) = (shape.width, shape.height);
    match format {
        PixelFormat::Gray | PixelFormat::Rgb => to.extend_from_slice(samples),
        PixelFormat::Bgr => {
            let begin = to.len();
            to.extend_from_slice(samples);
            swap(&mut to[begin..]);
        }
        PixelFormat::Planar(subsampling) => append_planes(coding, subsampling, shape, samples, to)?,
        PixelFormat::Nv12 => {
            let mut planes = Vec::new();
            append_planes(coding, Subsampling::S420, shape, samples, &mut planes)?;
            let Planes { y, u, v } = Planes::of_frame(Subsampling::S420, width, height, &planes)?;
            to.extend_from_slice(y);
            to.extend(u.iter().zip(v).flat_map(|(&u, &v)| [u, v]));
        }
    }
    Ok(())
}

fn append_planes(
    coding: YuvCoding,
    subsampling: Subsampling,
    shape: &ImageShape,
    rgb: &[u8],
    to: &mut Vec<u8>,
) -> Result<(), YuvError> {
    let (width, height) = (shape.width, shape.height);
    let begin = to.len();
    to.resize(begin + subsampling.frame_bytes(width, height)?, 0);
    let planes = PlanesMut::of_frame(subsampling, width, height, &mut to[begin..])?;
    yuv::rgb_to_planar(coding, subsampling, width, height, rgb, planes)
}

/// Swaps red and blue.
fn swap(samples: &mut [u8]) {
    for pixel in samples.as_chunks_mut::<3>().0 {
        pixel.swap(0, 2);
    }
}

/// Checks that frames of a video can hold images of this shape: 8 bits, interleaved, one channel or RGB.
///
/// # Errors
/// They cannot; the error says what to do.
pub fn check_video(shape: &ImageShape) -> Result<(), ShapeError> {
    let shape = *shape;
    if shape.sample != SampleType::U8 {
        return Err(ShapeError::Sample { shape });
    }
    if shape.layout == Layout::Planar && shape.channels > 1 {
        return Err(ShapeError::Planes { shape });
    }
    match shape.channels {
        1 | 3 => Ok(()),
        4 => Err(ShapeError::Alpha { shape }),
        _ => Err(ShapeError::Channels { shape }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::format::Timing;
    use pixelflume_ops::yuv::{YuvMatrix, YuvRange};

    fn stream(format: PixelFormat) -> Stream {
        Stream {
            width: 5,
            height: 3,
            format,
            coding: YuvCoding::default(),
            timing: Timing::default(),
        }
    }

    fn to_image(stream: &Stream, frame: &[u8]) -> Result<Image, PixelsError> {
        let mut samples = vec![9; stream.shape().bytes()];
        convert_frame(stream, frame, &mut samples)?;
        let image = Image::new(stream.shape(), samples).unwrap();
        assert_eq!(frame_image(stream, frame.to_vec()).unwrap(), image);
        Ok(image)
    }

    fn append(format: PixelFormat, image: &Image, to: &mut Vec<u8>) {
        append_frame(
            format,
            YuvCoding::default(),
            &image.shape(),
            image.data(),
            to,
        )
        .unwrap();
    }

    #[test]
    fn samples_that_need_no_conversion_come_back() {
        let samples: Vec<u8> = (0..45).collect();
        for format in [PixelFormat::Rgb, PixelFormat::Bgr, PixelFormat::Gray] {
            let frame = &samples[..format.frame_bytes(5, 3).unwrap()];
            let image = to_image(&stream(format), frame).unwrap();
            if format == PixelFormat::Bgr {
                assert_eq!(image.data()[..3], [2, 1, 0]);
            }
            let mut back = vec![9];
            append(format, &image, &mut back);
            assert_eq!(back[1..], *frame);
        }
    }

    #[test]
    fn nv12_is_i420_with_its_chroma_side_by_side() {
        let image = Image::from_fn(5, 3, 3, |x, y, c| (x * 50 + y * 7 + c * 90) as u8).unwrap();
        let (mut planes, mut nv12) = (Vec::new(), Vec::new());
        append(PixelFormat::Planar(Subsampling::S420), &image, &mut planes);
        append(PixelFormat::Nv12, &image, &mut nv12);
        assert_eq!(planes[..15], nv12[..15]);
        for n in 0..6 {
            assert_eq!(
                [planes[15 + n], planes[21 + n]],
                nv12[15 + 2 * n..17 + 2 * n]
            );
        }
        assert_eq!(
            to_image(&stream(PixelFormat::Nv12), &nv12),
            to_image(&stream(PixelFormat::Planar(Subsampling::S420)), &planes)
        );
    }

    #[test]
    fn the_coding_of_the_stream_decides_the_colors() {
        let coding = YuvCoding {
            matrix: YuvMatrix::Bt709,
            range: YuvRange::Full,
        };
        for format in [
            PixelFormat::Nv12,
            PixelFormat::Planar(Subsampling::S420),
            PixelFormat::Planar(Subsampling::S444),
        ] {
            let image = Image::from_fn(5, 3, 3, |x, _, c| [9 * x as u8, 200, 40][c as usize]);
            let mut frame = Vec::new();
            let image = image.unwrap();
            append_frame(format, coding, &image.shape(), image.data(), &mut frame).unwrap();
            let expected = yuv::reference::pixel_to_yuv(coding, [0, 200, 40]);
            assert_eq!([frame[0], frame[15]], expected[..2], "{format:?}");
            let stream = Stream {
                coding,
                ..stream(format)
            };
            let back = to_image(&stream, &frame).unwrap();
            let rgb = yuv::reference::pixel_to_rgb(coding, expected);
            assert_eq!(back.data()[..3], rgb);
            assert_ne!(
                back.data()[..3],
                yuv::reference::pixel_to_rgb(YuvCoding::default(), expected)
            );
        }
    }

    #[test]
    fn frames_of_a_wrong_length_are_refused() {
        for format in [
            PixelFormat::Rgb,
            PixelFormat::Gray,
            PixelFormat::Nv12,
            PixelFormat::Planar(Subsampling::S422),
        ] {
            assert!(to_image(&stream(format), &[0; 7]).is_err());
            assert!(frame_image(&stream(format), vec![0; 7]).is_err());
        }
    }
}

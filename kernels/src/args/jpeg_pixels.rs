//! The argument structs of the kernels of `jpeg_pixels.cu`.

use super::layout::{Argument, Constant, Constants, Field, Kind, Layout, arguments, constants};

constants! {
    /// How the samples of a component become those of the image, by the ratio of the two sizes; `JpegSource::upsampling`.
    JpegUpsampling in "jpeg_pixels" {
        /// The component has the image's size.
        COPY = 0,
        /// It has half the width, and is interpolated horizontally.
        HORIZONTAL = 1,
        /// It has half the height, and is interpolated vertically.
        VERTICAL = 2,
        /// It has half of both, and is interpolated in both directions.
        BOTH = 3,
        /// Its samples are repeated `across` times horizontally and `down` times vertically.
        REPEAT = 4,
    }

    /// What the components of an image are and what is made of them; `JpegImage::color`.
    JpegColor in "jpeg_pixels" {
        /// The one component is the output, of one channel.
        GRAY = 0,
        /// The one component is each of three channels.
        GRAY_TO_RGB = 1,
        /// YCbCr to RGB.
        YCBCR_TO_RGB = 2,
        /// The components are red, green and blue.
        RGB = 3,
        /// Red, green and blue to gray.
        RGB_TO_GRAY = 4,
        /// Inverted CMYK to RGB as OpenCV does it.
        CMYK_TO_RGB = 5,
        /// Inverted YCCK to RGB as OpenCV does it.
        YCCK_TO_RGB = 6,
        /// Inverted CMYK to gray as OpenCV does it.
        CMYK_TO_GRAY = 7,
        /// Inverted YCCK to gray as OpenCV does it.
        YCCK_TO_GRAY = 8,
        /// Inverted CMYK to RGB as Pillow does it.
        CMYK_TO_RGB_PILLOW = 9,
        /// Inverted YCCK to RGB as Pillow does it.
        YCCK_TO_RGB_PILLOW = 10,
    }
}

arguments! {
    /// A rectangle of the coefficient blocks of one component, and the samples that they become.
    JpegPlane in "jpeg_pixels" {
        /// The divisors, of column `x` and row `y` at `8 * x + y`.
        quantizer: [u16; 64],
        /// The address of the first block of the rectangle: 64 coefficients as i16, rows of 8, before division. A multiple of 16.
        blocks: u64,
        /// The address of the first sample of that block, a multiple of 8.
        samples: u64,
        /// Blocks from a row of blocks to the next.
        block_pitch: u32,
        /// Bytes from a row of samples to the next, a multiple of 8.
        pitch: u32,
        /// Blocks across.
        columns: u32,
        /// 2^32 divided by `columns`, rounded up: a factor in place of a division. 0 for a single column.
        inverse: u32,
        /// The number of blocks.
        count: u32,
        /// Zero; fills 176 bytes.
        reserved: [u32; 3],
    }

    /// Arguments of `jpeg_planes`: coefficients of many components to samples.
    JpegPlanesArgs in "jpeg_pixels" {
        /// The address of the entries `JpegPlane`, a multiple of 16.
        planes: u64,
        /// The address of as many u32: the number of tiles of 256 blocks in all planes before.
        first_tiles: u64,
        /// The number of planes, at least 1.
        count: u32,
        /// The number of tiles: the blocks of the launch.
        tiles: u32,
    }

    /// The samples of one component of an image. Samples outside of the bounds are never read: the nearest sample inside stands for
    /// them.
    JpegSource in "jpeg_pixels" {
        /// The address at which the sample (0, 0) is, or would be where it is outside of the bounds; a multiple of 8.
        samples: u64,
        /// Bytes from a row to the next, a multiple of 8.
        pitch: u32,
        /// One of `JpegUpsampling`.
        upsampling: u32,
        /// The first column, a multiple of 8.
        left: u32,
        /// The last column.
        right: u32,
        /// The first row.
        top: u32,
        /// The last row.
        bottom: u32,
        /// Columns of the image for a sample.
        across: u32,
        /// Rows of the image for a sample.
        down: u32,
    }

    /// An image: where its samples are, and where its pixels go. Positions are those of the whole image as the file has it; a
    /// rectangle of it is made.
    JpegImage in "jpeg_pixels" {
        /// The components, as many as the color has.
        sources: [JpegSource; 4],
        /// The address at which pixel (0, 0) goes, or would go where it is outside of the rectangle; modulo 2^64.
        base: u64,
        /// Bytes from a pixel to its right neighbor, modulo 2^64: the number of channels, or another step where the image is
        /// mirrored or transposed.
        step_x: u64,
        /// Bytes from a pixel to the next one below, modulo 2^64.
        step_y: u64,
        /// The first column of the rectangle.
        left: u32,
        /// The column behind the last one.
        right: u32,
        /// The first row.
        top: u32,
        /// The row behind the last one.
        bottom: u32,
        /// One of `JpegColor`.
        color: u32,
        /// The number of groups of 8 columns. The first begins at a multiple of 8.
        columns: u32,
        /// 2^32 divided by `columns`, rounded up; 0 for a single one.
        inverse: u32,
        /// The number of groups of 8 columns and 2 rows.
        count: u32,
    }

    /// Arguments of `jpeg_colors`: samples of many images to pixels.
    JpegColorsArgs in "jpeg_pixels" {
        /// The address of the entries `JpegImage`, a multiple of 8.
        images: u64,
        /// The address of as many u32: the number of tiles of 256 groups in all images before.
        first_tiles: u64,
        /// The number of images, at least 1.
        count: u32,
        /// The number of tiles: the blocks of the launch.
        tiles: u32,
    }
}

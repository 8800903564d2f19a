// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// How the samples of a component become those of the image, by the ratio of the two sizes; `JpegSource::upsampling`.
enum JpegUpsampling : uint32_t {
    // The component has the image's size.
    COPY = 0,
    // It has half the width, and is interpolated horizontally.
    HORIZONTAL = 1,
    // It has half the height, and is interpolated vertically.
    VERTICAL = 2,
    // It has half of both, and is interpolated in both directions.
    BOTH = 3,
    // Its samples are repeated `across` times horizontally and `down` times vertically.
    REPEAT = 4,
};

// What the components of an image are and what is made of them; `JpegImage::color`.
enum JpegColor : uint32_t {
    // The one component is the output, of one channel.
    GRAY = 0,
    // The one component is each of three channels.
    GRAY_TO_RGB = 1,
    // YCbCr to RGB.
    YCBCR_TO_RGB = 2,
    // The components are red, green and blue.
    RGB = 3,
    // Red, green and blue to gray.
    RGB_TO_GRAY = 4,
    // Inverted CMYK to RGB as OpenCV does it.
    CMYK_TO_RGB = 5,
    // Inverted YCCK to RGB as OpenCV does it.
    YCCK_TO_RGB = 6,
    // Inverted CMYK to gray as OpenCV does it.
    CMYK_TO_GRAY = 7,
    // Inverted YCCK to gray as OpenCV does it.
    YCCK_TO_GRAY = 8,
    // Inverted CMYK to RGB as Pillow does it.
    CMYK_TO_RGB_PILLOW = 9,
    // Inverted YCCK to RGB as Pillow does it.
    YCCK_TO_RGB_PILLOW = 10,
};

// A rectangle of the coefficient blocks of one component, and the samples that they become.
struct JpegPlane {
    // The divisors, of column `x` and row `y` at `8 * x + y`.
    uint16_t quantizer[64];
    // The address of the first block of the rectangle: 64 coefficients as i16, rows of 8, before division. A multiple of 16.
    uint64_t blocks;
    // The address of the first sample of that block, a multiple of 8.
    uint64_t samples;
    // Blocks from a row of blocks to the next.
    uint32_t block_pitch;
    // Bytes from a row of samples to the next, a multiple of 8.
    uint32_t pitch;
    // Blocks across.
    uint32_t columns;
    // 2^32 divided by `columns`, rounded up: a factor in place of a division. 0 for a single column.
    uint32_t inverse;
    // The number of blocks.
    uint32_t count;
    // Zero; fills 176 bytes.
    uint32_t reserved[3];
};
static_assert(sizeof(JpegPlane) == 176);
static_assert(OFFSET_OF(JpegPlane, quantizer) == 0);
static_assert(OFFSET_OF(JpegPlane, blocks) == 128);
static_assert(OFFSET_OF(JpegPlane, samples) == 136);
static_assert(OFFSET_OF(JpegPlane, block_pitch) == 144);
static_assert(OFFSET_OF(JpegPlane, pitch) == 148);
static_assert(OFFSET_OF(JpegPlane, columns) == 152);
static_assert(OFFSET_OF(JpegPlane, inverse) == 156);
static_assert(OFFSET_OF(JpegPlane, count) == 160);
static_assert(OFFSET_OF(JpegPlane, reserved) == 164);

// Arguments of `jpeg_planes`: coefficients of many components to samples.
struct JpegPlanesArgs {
    // The address of the entries `JpegPlane`, a multiple of 16.
    uint64_t planes;
    // The address of as many u32: the number of tiles of 256 blocks in all planes before.
    uint64_t first_tiles;
    // The number of planes, at least 1.
    uint32_t count;
    // The number of tiles: the blocks of the launch.
    uint32_t tiles;
};
static_assert(sizeof(JpegPlanesArgs) == 24);
static_assert(OFFSET_OF(JpegPlanesArgs, planes) == 0);
static_assert(OFFSET_OF(JpegPlanesArgs, first_tiles) == 8);
static_assert(OFFSET_OF(JpegPlanesArgs, count) == 16);
static_assert(OFFSET_OF(JpegPlanesArgs, tiles) == 20);

// The samples of one component of an image. Samples outside of the bounds are never read: the nearest sample inside stands for
// them.
struct JpegSource {
    // The address at which the sample (0, 0) is, or would be where it is outside of the bounds; a multiple of 8.
    uint64_t samples;
    // Bytes from a row to the next, a multiple of 8.
    uint32_t pitch;
    // One of `JpegUpsampling`.
    uint32_t upsampling;
    // The first column, a multiple of 8.
    uint32_t left;
    // The last column.
    uint32_t right;
    // The first row.
    uint32_t top;
    // The last row.
    uint32_t bottom;
    // Columns of the image for a sample.
    uint32_t across;
    // Rows of the image for a sample.
    uint32_t down;
};
static_assert(sizeof(JpegSource) == 40);
static_assert(OFFSET_OF(JpegSource, samples) == 0);
static_assert(OFFSET_OF(JpegSource, pitch) == 8);
static_assert(OFFSET_OF(JpegSource, upsampling) == 12);
static_assert(OFFSET_OF(JpegSource, left) == 16);
static_assert(OFFSET_OF(JpegSource, right) == 20);
static_assert(OFFSET_OF(JpegSource, top) == 24);
static_assert(OFFSET_OF(JpegSource, bottom) == 28);
static_assert(OFFSET_OF(JpegSource, across) == 32);
static_assert(OFFSET_OF(JpegSource, down) == 36);

// An image: where its samples are, and where its pixels go. Positions are those of the whole image as the file has it; a
// rectangle of it is made.
struct JpegImage {
    // The components, as many as the color has.
    JpegSource sources[4];
    // The address at which pixel (0, 0) goes, or would go where it is outside of the rectangle; modulo 2^64.
    uint64_t base;
    // Bytes from a pixel to its right neighbor, modulo 2^64: the number of channels, or another step where the image is
    // mirrored or transposed.
    uint64_t step_x;
    // Bytes from a pixel to the next one below, modulo 2^64.
    uint64_t step_y;
    // The first column of the rectangle.
    uint32_t left;
    // The column behind the last one.
    uint32_t right;
    // The first row.
    uint32_t top;
    // The row behind the last one.
    uint32_t bottom;
    // One of `JpegColor`.
    uint32_t color;
    // The number of groups of 8 columns. The first begins at a multiple of 8.
    uint32_t columns;
    // 2^32 divided by `columns`, rounded up; 0 for a single one.
    uint32_t inverse;
    // The number of groups of 8 columns and 2 rows.
    uint32_t count;
};
static_assert(sizeof(JpegImage) == 216);
static_assert(OFFSET_OF(JpegImage, sources) == 0);
static_assert(OFFSET_OF(JpegImage, base) == 160);
static_assert(OFFSET_OF(JpegImage, step_x) == 168);
static_assert(OFFSET_OF(JpegImage, step_y) == 176);
static_assert(OFFSET_OF(JpegImage, left) == 184);
static_assert(OFFSET_OF(JpegImage, right) == 188);
static_assert(OFFSET_OF(JpegImage, top) == 192);
static_assert(OFFSET_OF(JpegImage, bottom) == 196);
static_assert(OFFSET_OF(JpegImage, color) == 200);
static_assert(OFFSET_OF(JpegImage, columns) == 204);
static_assert(OFFSET_OF(JpegImage, inverse) == 208);
static_assert(OFFSET_OF(JpegImage, count) == 212);

// Arguments of `jpeg_colors`: samples of many images to pixels.
struct JpegColorsArgs {
    // The address of the entries `JpegImage`, a multiple of 8.
    uint64_t images;
    // The address of as many u32: the number of tiles of 256 groups in all images before.
    uint64_t first_tiles;
    // The number of images, at least 1.
    uint32_t count;
    // The number of tiles: the blocks of the launch.
    uint32_t tiles;
};
static_assert(sizeof(JpegColorsArgs) == 24);
static_assert(OFFSET_OF(JpegColorsArgs, images) == 0);
static_assert(OFFSET_OF(JpegColorsArgs, first_tiles) == 8);
static_assert(OFFSET_OF(JpegColorsArgs, count) == 16);
static_assert(OFFSET_OF(JpegColorsArgs, tiles) == 20);

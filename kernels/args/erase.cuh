// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `erase_1`, `erase_2` and `erase_4`, for samples of 1, 2 and 4 bytes. `dst` has the shape and batch of `src`. Planar
// images come with one channel and the rows of all planes.
struct EraseArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // First column of the rectangle.
    uint32_t x;
    // First row of the rectangle, in each plane.
    uint32_t y;
    // Columns of the rectangle.
    uint32_t width;
    // Rows of the rectangle.
    uint32_t height;
    // Planes of the images: 1 for interleaved images.
    uint32_t planes;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
    // The bits of one sample for each channel, in the low bytes.
    uint32_t value[4];
};
static_assert(sizeof(EraseArgs) == 120);
static_assert(OFFSET_OF(EraseArgs, src) == 0);
static_assert(OFFSET_OF(EraseArgs, dst) == 40);
static_assert(OFFSET_OF(EraseArgs, x) == 80);
static_assert(OFFSET_OF(EraseArgs, y) == 84);
static_assert(OFFSET_OF(EraseArgs, width) == 88);
static_assert(OFFSET_OF(EraseArgs, height) == 92);
static_assert(OFFSET_OF(EraseArgs, planes) == 96);
static_assert(OFFSET_OF(EraseArgs, reserved) == 100);
static_assert(OFFSET_OF(EraseArgs, value) == 104);

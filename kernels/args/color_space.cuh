// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `color_space`: images of three channels and one size.
struct ColorSpaceArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Address of the tables of the conversion, u32 numbers; unused where it has none.
    uint64_t tables;
    // Twice the number of the other color space, a variant of `Space`, and 1 more for the way back to RGB.
    uint32_t conversion;
    // 1 where blue is the first channel of the RGB image that is read or written.
    uint32_t blue_first;
};
static_assert(sizeof(ColorSpaceArgs) == 96);
static_assert(OFFSET_OF(ColorSpaceArgs, src) == 0);
static_assert(OFFSET_OF(ColorSpaceArgs, dst) == 40);
static_assert(OFFSET_OF(ColorSpaceArgs, tables) == 80);
static_assert(OFFSET_OF(ColorSpaceArgs, conversion) == 88);
static_assert(OFFSET_OF(ColorSpaceArgs, blue_first) == 92);

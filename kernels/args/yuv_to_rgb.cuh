// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `yuv_to_rgb`: weights in 2^-20, for samples of 10 bits in 2^-22.
struct YuvToRgbArgs {
    // The frames read, as gray images.
    ImageParam src;
    // The RGB images written, of an even width.
    ImageParam dst;
    // The layout of a frame as a number, in the order of the variants of `YuvFormat`.
    uint32_t format;
    // Bits of a sample: 8, or 10 of the format with two bytes for each sample.
    uint32_t bits;
    // The luma of black.
    int32_t black;
    // The weight of Y in red, green and blue.
    int32_t luma;
    // The weight of V in red.
    int32_t red;
    // The weight of U in green.
    int32_t green_u;
    // The weight of V in green.
    int32_t green_v;
    // The weight of U in blue.
    int32_t blue;
};
static_assert(sizeof(YuvToRgbArgs) == 112);
static_assert(OFFSET_OF(YuvToRgbArgs, src) == 0);
static_assert(OFFSET_OF(YuvToRgbArgs, dst) == 40);
static_assert(OFFSET_OF(YuvToRgbArgs, format) == 80);
static_assert(OFFSET_OF(YuvToRgbArgs, bits) == 84);
static_assert(OFFSET_OF(YuvToRgbArgs, black) == 88);
static_assert(OFFSET_OF(YuvToRgbArgs, luma) == 92);
static_assert(OFFSET_OF(YuvToRgbArgs, red) == 96);
static_assert(OFFSET_OF(YuvToRgbArgs, green_u) == 100);
static_assert(OFFSET_OF(YuvToRgbArgs, green_v) == 104);
static_assert(OFFSET_OF(YuvToRgbArgs, blue) == 108);

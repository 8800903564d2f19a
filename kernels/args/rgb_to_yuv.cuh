// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `rgb_to_yuv`: weights of red, green and blue in 2^-20.
struct RgbToYuvArgs {
    // The RGB images read, of even width and height.
    ImageParam src;
    // The frames written, as gray images with half as many rows again.
    ImageParam dst;
    // The weights in Y.
    int32_t luma[3];
    // The weights in U.
    int32_t u[3];
    // The weights in V.
    int32_t v[3];
    // The luma of black.
    int32_t black;
    // Whether U and V are planes of their own (1), or alternate (0).
    uint32_t planar;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(RgbToYuvArgs) == 128);
static_assert(OFFSET_OF(RgbToYuvArgs, src) == 0);
static_assert(OFFSET_OF(RgbToYuvArgs, dst) == 40);
static_assert(OFFSET_OF(RgbToYuvArgs, luma) == 80);
static_assert(OFFSET_OF(RgbToYuvArgs, u) == 92);
static_assert(OFFSET_OF(RgbToYuvArgs, v) == 104);
static_assert(OFFSET_OF(RgbToYuvArgs, black) == 116);
static_assert(OFFSET_OF(RgbToYuvArgs, planar) == 120);
static_assert(OFFSET_OF(RgbToYuvArgs, reserved) == 124);

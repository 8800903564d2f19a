// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `gaussian_blur`: `src` and `dst` have one shape of 1, 3 or 4 channels and must not overlap.
struct GaussianBlurArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Taps on each axis: odd, 1 to 31.
    uint32_t size;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
    // `taps[0..size]` in 1/256, mirrored, with the sum 256; the rest is zero.
    uint16_t taps[32];
};
static_assert(sizeof(GaussianBlurArgs) == 152);
static_assert(OFFSET_OF(GaussianBlurArgs, src) == 0);
static_assert(OFFSET_OF(GaussianBlurArgs, dst) == 40);
static_assert(OFFSET_OF(GaussianBlurArgs, size) == 80);
static_assert(OFFSET_OF(GaussianBlurArgs, reserved) == 84);
static_assert(OFFSET_OF(GaussianBlurArgs, taps) == 88);

// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `median_blur`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct MedianBlurArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Side of the window in pixels: 3 or 5.
    uint32_t size;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(MedianBlurArgs) == 88);
static_assert(OFFSET_OF(MedianBlurArgs, src) == 0);
static_assert(OFFSET_OF(MedianBlurArgs, dst) == 40);
static_assert(OFFSET_OF(MedianBlurArgs, size) == 80);
static_assert(OFFSET_OF(MedianBlurArgs, reserved) == 84);

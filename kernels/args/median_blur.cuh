// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `median_blur` and `median_blur_counts`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct MedianBlurArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Side of the window in pixels: odd, 3 to 255; of `median_blur` 3 or 5.
    uint32_t size;
    // Rows that a thread of `median_blur_counts` computes, at least 1.
    uint32_t rows;
};
static_assert(sizeof(MedianBlurArgs) == 88);
static_assert(OFFSET_OF(MedianBlurArgs, src) == 0);
static_assert(OFFSET_OF(MedianBlurArgs, dst) == 40);
static_assert(OFFSET_OF(MedianBlurArgs, size) == 80);
static_assert(OFFSET_OF(MedianBlurArgs, rows) == 84);

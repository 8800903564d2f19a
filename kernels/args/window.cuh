// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `box_blur`, `erode` and `dilate`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct WindowArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Side of the window in pixels: odd, 1 to 31.
    uint32_t size;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(WindowArgs) == 88);
static_assert(OFFSET_OF(WindowArgs, src) == 0);
static_assert(OFFSET_OF(WindowArgs, dst) == 40);
static_assert(OFFSET_OF(WindowArgs, size) == 80);
static_assert(OFFSET_OF(WindowArgs, reserved) == 84);

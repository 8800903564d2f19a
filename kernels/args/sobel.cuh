// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `sobel` and `sobel_wide`: `src` has 1, 3 (RGB) or 4 (RGBA) channels, `dst` one, and they must not overlap.
struct SobelArgs {
    // The images read.
    ImageParam src;
    // The images written; for dx and dy with an even base, pitch and stride.
    ImageParam dst;
    // 0 magnitude (u8), 1 dx (i16), 2 dy (i16).
    uint32_t output;
    // Side of the window in pixels: 3 for `sobel`, 5 or 7 for `sobel_wide`.
    uint32_t size;
};
static_assert(sizeof(SobelArgs) == 88);
static_assert(OFFSET_OF(SobelArgs, src) == 0);
static_assert(OFFSET_OF(SobelArgs, dst) == 40);
static_assert(OFFSET_OF(SobelArgs, output) == 80);
static_assert(OFFSET_OF(SobelArgs, size) == 84);

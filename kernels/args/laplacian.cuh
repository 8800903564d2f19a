// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `laplacian`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct LaplacianArgs {
    // The images read.
    ImageParam src;
    // The images written; for i16 with an even base, pitch and stride.
    ImageParam dst;
    // 0: `dst` is i16; 1: `dst` is u8, clamped to 0 to 255.
    uint32_t clamp;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(LaplacianArgs) == 88);
static_assert(OFFSET_OF(LaplacianArgs, src) == 0);
static_assert(OFFSET_OF(LaplacianArgs, dst) == 40);
static_assert(OFFSET_OF(LaplacianArgs, clamp) == 80);
static_assert(OFFSET_OF(LaplacianArgs, reserved) == 84);

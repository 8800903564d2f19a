// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `scharr`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct ScharrArgs {
    // The images read.
    ImageParam src;
    // The images written: i16, with an even base, pitch and stride.
    ImageParam dst;
    // 0: the derivative along x; 1: along y.
    uint32_t along_y;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(ScharrArgs) == 88);
static_assert(OFFSET_OF(ScharrArgs, src) == 0);
static_assert(OFFSET_OF(ScharrArgs, dst) == 40);
static_assert(OFFSET_OF(ScharrArgs, along_y) == 80);
static_assert(OFFSET_OF(ScharrArgs, reserved) == 84);

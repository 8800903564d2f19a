// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `warp_affine`: `dst` has the channels (1, 3 or 4) and batch of `src`.
struct WarpAffineArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Positions of the output to positions of the source: `[a, b, c, d, e, f]` for `a x + b y + c` and `d x + e y + f`.
    float map[6];
    // One sample for each channel, for positions outside the source.
    uint8_t value[4];
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(WarpAffineArgs) == 112);
static_assert(OFFSET_OF(WarpAffineArgs, src) == 0);
static_assert(OFFSET_OF(WarpAffineArgs, dst) == 40);
static_assert(OFFSET_OF(WarpAffineArgs, map) == 80);
static_assert(OFFSET_OF(WarpAffineArgs, value) == 104);
static_assert(OFFSET_OF(WarpAffineArgs, reserved) == 108);

// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `resize_bilinear`, `resize_half` and `resize_nearest`: `dst` has the channels and batch of `src`.
struct ResizeArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Address of the tables, a multiple of 16; unused by `resize_half`. Bilinear: `dst.width` entries `Tap` for x,
    // then `dst.height` for y, with clamped indices. Nearest: `dst.width` u32 indices for x, then `dst.height` for y.
    uint64_t tables;
    // 0 bilinear, 1 exactly half, 2 nearest.
    uint32_t mode;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(ResizeArgs) == 96);
static_assert(OFFSET_OF(ResizeArgs, src) == 0);
static_assert(OFFSET_OF(ResizeArgs, dst) == 40);
static_assert(OFFSET_OF(ResizeArgs, tables) == 80);
static_assert(OFFSET_OF(ResizeArgs, mode) == 88);
static_assert(OFFSET_OF(ResizeArgs, reserved) == 92);

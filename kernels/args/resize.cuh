// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of the kernels of `resize`: `dst` has the channels (1, 3 or 4) and batch of `src`. All positions are inside `src`.
struct ResizeArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Address of the tables, a multiple of 16; unused by `resize_half` and `resize_blocks`. `resize_bilinear`: `dst.width`
    // entries `Tap` for x, then `dst.height` for y. `resize_nearest`: `dst.width` u32 indices for x, then `dst.height` for y.
    // `resize_fixed*` and `resize_float`: `dst.width` u32 first positions for x, `dst.height` for y; then the weights, i32 or
    // f32: `column_taps` times `dst.width` for x, tap by tap, and `dst.height` times `line_taps` for y, row by row.
    uint64_t tables;
    // Source columns of a column of `dst`; unused by `resize_bilinear`, `resize_half` and `resize_nearest`, as the next two.
    uint32_t column_taps;
    // Source rows of a row of `dst`.
    uint32_t line_taps;
    // Fractional bits of the sums of `resize_fixed*`, 1 to 30.
    uint32_t shift;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(ResizeArgs) == 104);
static_assert(OFFSET_OF(ResizeArgs, src) == 0);
static_assert(OFFSET_OF(ResizeArgs, dst) == 40);
static_assert(OFFSET_OF(ResizeArgs, tables) == 80);
static_assert(OFFSET_OF(ResizeArgs, column_taps) == 88);
static_assert(OFFSET_OF(ResizeArgs, line_taps) == 92);
static_assert(OFFSET_OF(ResizeArgs, shift) == 96);
static_assert(OFFSET_OF(ResizeArgs, reserved) == 100);

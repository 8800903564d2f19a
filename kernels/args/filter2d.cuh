// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// A number of the kernel of `filter2d` that is not zero.
struct FilterTap {
    // Columns to the right of the sample whose result is computed.
    int32_t x;
    // Rows below it.
    int32_t y;
    // The number.
    float weight;
};
static_assert(sizeof(FilterTap) == 12);
static_assert(OFFSET_OF(FilterTap, x) == 0);
static_assert(OFFSET_OF(FilterTap, y) == 4);
static_assert(OFFSET_OF(FilterTap, weight) == 8);

// Arguments of `filter2d`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct Filter2dArgs {
    // The images read.
    ImageParam src;
    // The images written; for i16 with an even base, pitch and stride.
    ImageParam dst;
    // Address of the taps, row by row: a multiple of 4.
    uint64_t taps;
    // The number of taps: 0 to 129.
    uint32_t count;
    // Columns of the kernel.
    uint32_t columns;
    // Rows of the kernel.
    uint32_t rows;
    // The column of the kernel that lies on the sample whose result is computed.
    uint32_t anchor_x;
    // The row of the kernel that lies on this sample.
    uint32_t anchor_y;
    // What is outside the image: a number of `WarpOutside` but `WRAP`; `CONSTANT` is zero.
    uint32_t outside;
    // 0: `dst` is i16; 1: `dst` is u8. Both are clamped.
    uint32_t clamp;
    // The number to which weighted samples are added.
    float delta;
};
static_assert(sizeof(Filter2dArgs) == 120);
static_assert(OFFSET_OF(Filter2dArgs, src) == 0);
static_assert(OFFSET_OF(Filter2dArgs, dst) == 40);
static_assert(OFFSET_OF(Filter2dArgs, taps) == 80);
static_assert(OFFSET_OF(Filter2dArgs, count) == 88);
static_assert(OFFSET_OF(Filter2dArgs, columns) == 92);
static_assert(OFFSET_OF(Filter2dArgs, rows) == 96);
static_assert(OFFSET_OF(Filter2dArgs, anchor_x) == 100);
static_assert(OFFSET_OF(Filter2dArgs, anchor_y) == 104);
static_assert(OFFSET_OF(Filter2dArgs, outside) == 108);
static_assert(OFFSET_OF(Filter2dArgs, clamp) == 112);
static_assert(OFFSET_OF(Filter2dArgs, delta) == 116);

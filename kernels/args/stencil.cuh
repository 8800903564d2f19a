// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Taps of a Gaussian blur as the stencil kernels for 7 and 9 taps take them, each below 256, centered among 7 or 9 by zeros.
struct StencilTaps {
    // From the outermost tap to the center one: the other half mirrors them.
    uint32_t to_center[5];
    // All taps, a byte each: t0, t1, t2, ...
    uint32_t packed[3];
    // The same taps one byte later: 0, t0, t1, ...
    uint32_t packed_later[3];
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(StencilTaps) == 48);
static_assert(OFFSET_OF(StencilTaps, to_center) == 0);
static_assert(OFFSET_OF(StencilTaps, packed) == 20);
static_assert(OFFSET_OF(StencilTaps, packed_later) == 32);
static_assert(OFFSET_OF(StencilTaps, reserved) == 44);

// Arguments of the kernels of `stencil.cu`: `src` and `dst` have one size and batch and must not overlap.
struct StencilArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Rows of the result that each warp computes, at least 1.
    uint32_t rows;
    // 1: each sample `p` of the result becomes `p > threshold ? maximum : 0`.
    uint32_t select;
    // 0 to 255.
    uint32_t threshold;
    // 0 to 255.
    uint32_t maximum;
    // Twice the weights of gray, two in a word, the first in the low half: (w0, w1), (w2, 0), (0, w0), (w1, w2), with w0
    // for the first channel.
    uint32_t gray[4];
    // The taps of the blur.
    StencilTaps taps;
};
static_assert(sizeof(StencilArgs) == 160);
static_assert(OFFSET_OF(StencilArgs, src) == 0);
static_assert(OFFSET_OF(StencilArgs, dst) == 40);
static_assert(OFFSET_OF(StencilArgs, rows) == 80);
static_assert(OFFSET_OF(StencilArgs, select) == 84);
static_assert(OFFSET_OF(StencilArgs, threshold) == 88);
static_assert(OFFSET_OF(StencilArgs, maximum) == 92);
static_assert(OFFSET_OF(StencilArgs, gray) == 96);
static_assert(OFFSET_OF(StencilArgs, taps) == 112);

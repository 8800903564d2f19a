// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `color`: `dst` has the size and batch of `src`, and the channels that the conversion makes.
struct ColorArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // The conversion as a number, in the order of the variants of `ColorConversion`.
    uint32_t conversion;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(ColorArgs) == 88);
static_assert(OFFSET_OF(ColorArgs, src) == 0);
static_assert(OFFSET_OF(ColorArgs, dst) == 40);
static_assert(OFFSET_OF(ColorArgs, conversion) == 80);
static_assert(OFFSET_OF(ColorArgs, reserved) == 84);

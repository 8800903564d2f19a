// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `color` and `gray_torchvision`: `dst` has the size and batch of `src`, and the channels that the conversion
// makes.
struct ColorArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // The conversion as a number, in the order of the variants of `ColorConversion`.
    uint32_t conversion;
    // The library whose gray is made, in the order of the variants of `ColorLike`.
    uint32_t like;
};
static_assert(sizeof(ColorArgs) == 88);
static_assert(OFFSET_OF(ColorArgs, src) == 0);
static_assert(OFFSET_OF(ColorArgs, dst) == 40);
static_assert(OFFSET_OF(ColorArgs, conversion) == 80);
static_assert(OFFSET_OF(ColorArgs, like) == 84);

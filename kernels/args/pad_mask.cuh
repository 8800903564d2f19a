// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `pad_mask`.
struct PadMaskArgs {
    // The images that are padded; they are not read.
    ImageParam src;
    // The masks written, of one channel.
    ImageParam dst;
    // Column of `dst` where the left column of an image lies.
    uint32_t left;
    // Row of `dst` where the top row of an image lies.
    uint32_t top;
    // Width of an image.
    uint32_t inner_width;
    // Height of an image.
    uint32_t inner_height;
};
static_assert(sizeof(PadMaskArgs) == 96);
static_assert(OFFSET_OF(PadMaskArgs, src) == 0);
static_assert(OFFSET_OF(PadMaskArgs, dst) == 40);
static_assert(OFFSET_OF(PadMaskArgs, left) == 80);
static_assert(OFFSET_OF(PadMaskArgs, top) == 84);
static_assert(OFFSET_OF(PadMaskArgs, inner_width) == 88);
static_assert(OFFSET_OF(PadMaskArgs, inner_height) == 92);

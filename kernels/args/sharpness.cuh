// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `sharpness`: `src` and `dst` have one shape of 1 or 3 channels and must not overlap.
struct SharpnessArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // The factor of the blurred image.
    float rest;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(SharpnessArgs) == 88);
static_assert(OFFSET_OF(SharpnessArgs, src) == 0);
static_assert(OFFSET_OF(SharpnessArgs, dst) == 40);
static_assert(OFFSET_OF(SharpnessArgs, rest) == 80);
static_assert(OFFSET_OF(SharpnessArgs, reserved) == 84);

// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `pyr_down`: `src` and `dst` have 1, 3 or 4 channels and must not overlap. The sides of `dst` are half of those of
// `src`, rounded up.
struct PyrDownArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // What is outside the image: a number of `WarpOutside` but `CONSTANT`.
    uint32_t outside;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(PyrDownArgs) == 88);
static_assert(OFFSET_OF(PyrDownArgs, src) == 0);
static_assert(OFFSET_OF(PyrDownArgs, dst) == 40);
static_assert(OFFSET_OF(PyrDownArgs, outside) == 80);
static_assert(OFFSET_OF(PyrDownArgs, reserved) == 84);

// Arguments of `pyr_up`: `src` and `dst` have 1, 3 or 4 channels and must not overlap. The sides of `dst` are twice those of `src`.
struct PyrUpArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
};
static_assert(sizeof(PyrUpArgs) == 80);
static_assert(OFFSET_OF(PyrUpArgs, src) == 0);
static_assert(OFFSET_OF(PyrUpArgs, dst) == 40);

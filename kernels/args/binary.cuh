// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `abs_diff` and `blend`: images of one size and batch as rows of samples.
struct BinaryArgs {
    // The first input.
    ImageParam a;
    // The second input.
    ImageParam b;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // Weight of `a` in 1/256, 0 to 256; unused by `abs_diff`.
    uint32_t weight;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(BinaryArgs) == 128);
static_assert(OFFSET_OF(BinaryArgs, a) == 0);
static_assert(OFFSET_OF(BinaryArgs, b) == 40);
static_assert(OFFSET_OF(BinaryArgs, dst) == 80);
static_assert(OFFSET_OF(BinaryArgs, weight) == 120);
static_assert(OFFSET_OF(BinaryArgs, reserved) == 124);

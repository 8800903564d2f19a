// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `threshold`: images as rows of samples.
struct ThresholdArgs {
    // The images read.
    ImageParam src;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // The largest sample that becomes 0: 0 to 255.
    uint32_t threshold;
    // What larger samples become: 0 to 255.
    uint32_t maximum;
};
static_assert(sizeof(ThresholdArgs) == 88);
static_assert(OFFSET_OF(ThresholdArgs, src) == 0);
static_assert(OFFSET_OF(ThresholdArgs, dst) == 40);
static_assert(OFFSET_OF(ThresholdArgs, threshold) == 80);
static_assert(OFFSET_OF(ThresholdArgs, maximum) == 84);

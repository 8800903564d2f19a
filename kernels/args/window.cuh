// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `box_blur`, `erode` and `dilate`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct WindowArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Side of the window in pixels: odd, 1 to 31.
    uint32_t size;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(WindowArgs) == 88);
static_assert(OFFSET_OF(WindowArgs, src) == 0);
static_assert(OFFSET_OF(WindowArgs, dst) == 40);
static_assert(OFFSET_OF(WindowArgs, size) == 80);
static_assert(OFFSET_OF(WindowArgs, reserved) == 84);

// Arguments of `adaptive_threshold`: `src` and `dst` have one channel and must not overlap.
struct AdaptiveThresholdArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Side of the window in pixels: odd, 3 to 31.
    uint32_t size;
    // Samples are above where they are larger than the mean of their window and this number.
    int32_t offset;
    // What samples become that are above: 0 to 255.
    uint32_t above;
    // What the others become.
    uint32_t below;
};
static_assert(sizeof(AdaptiveThresholdArgs) == 96);
static_assert(OFFSET_OF(AdaptiveThresholdArgs, src) == 0);
static_assert(OFFSET_OF(AdaptiveThresholdArgs, dst) == 40);
static_assert(OFFSET_OF(AdaptiveThresholdArgs, size) == 80);
static_assert(OFFSET_OF(AdaptiveThresholdArgs, offset) == 84);
static_assert(OFFSET_OF(AdaptiveThresholdArgs, above) == 88);
static_assert(OFFSET_OF(AdaptiveThresholdArgs, below) == 92);

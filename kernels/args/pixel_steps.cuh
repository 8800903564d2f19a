// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `pixel_steps` and `pixel_steps_sums`: `src` and `dst` have one shape of 1 or 3 channels and fewer than 2^31 pixels.
struct PixelStepsArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Address of the sums of gray, u64: one for each image and each part; unused where nothing is measured.
    uint64_t sums;
    // Parts of an image.
    uint32_t parts;
    // The number of steps, 0 to 4.
    uint32_t count;
    // The step that changes the contrast, before which gray is summed; `count` where there is none.
    uint32_t measured;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
    // The steps: 0 brightness, 1 contrast, 2 saturation, 3 hue, 4 gray.
    uint32_t kinds[4];
    // Of each step the factor of the samples, or the turn of the hue.
    float factors[4];
    // Of each step the factor of what the samples are blended with.
    float rests[4];
};
static_assert(sizeof(PixelStepsArgs) == 152);
static_assert(OFFSET_OF(PixelStepsArgs, src) == 0);
static_assert(OFFSET_OF(PixelStepsArgs, dst) == 40);
static_assert(OFFSET_OF(PixelStepsArgs, sums) == 80);
static_assert(OFFSET_OF(PixelStepsArgs, parts) == 88);
static_assert(OFFSET_OF(PixelStepsArgs, count) == 92);
static_assert(OFFSET_OF(PixelStepsArgs, measured) == 96);
static_assert(OFFSET_OF(PixelStepsArgs, reserved) == 100);
static_assert(OFFSET_OF(PixelStepsArgs, kinds) == 104);
static_assert(OFFSET_OF(PixelStepsArgs, factors) == 120);
static_assert(OFFSET_OF(PixelStepsArgs, rests) == 136);

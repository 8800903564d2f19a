// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `mask`: images of one size and batch.
struct MaskArgs {
    // The images read.
    ImageParam image;
    // The masks read, of one channel, or of those of the images.
    ImageParam mask;
    // The images written, of 1, 3 or 4 channels; they must not overlap those read.
    ImageParam dst;
    // One sample for each channel, where the mask is 0.
    uint8_t value[4];
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(MaskArgs) == 128);
static_assert(OFFSET_OF(MaskArgs, image) == 0);
static_assert(OFFSET_OF(MaskArgs, mask) == 40);
static_assert(OFFSET_OF(MaskArgs, dst) == 80);
static_assert(OFFSET_OF(MaskArgs, value) == 120);
static_assert(OFFSET_OF(MaskArgs, reserved) == 124);

// Arguments of most kernels of two images: images of one size and batch as rows of samples.
struct BinaryArgs {
    // The first input.
    ImageParam a;
    // The second input.
    ImageParam b;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // Weight of `a` in 1/256, 0 to 256, of `blend`; unused by the others.
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

// Arguments of `add_weighted`: images of one size and batch as rows of samples.
struct AddWeightedArgs {
    // The first input.
    ImageParam a;
    // The second input.
    ImageParam b;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // The factor of `a`.
    float alpha;
    // The factor of `b`.
    float beta;
    // The summand.
    float gamma;
    // 1 where the summand is added last, with a rounding of its own.
    uint32_t gamma_last;
};
static_assert(sizeof(AddWeightedArgs) == 136);
static_assert(OFFSET_OF(AddWeightedArgs, a) == 0);
static_assert(OFFSET_OF(AddWeightedArgs, b) == 40);
static_assert(OFFSET_OF(AddWeightedArgs, dst) == 80);
static_assert(OFFSET_OF(AddWeightedArgs, alpha) == 120);
static_assert(OFFSET_OF(AddWeightedArgs, beta) == 124);
static_assert(OFFSET_OF(AddWeightedArgs, gamma) == 128);
static_assert(OFFSET_OF(AddWeightedArgs, gamma_last) == 132);

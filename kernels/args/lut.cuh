// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `lut`: images as rows of samples.
struct LutArgs {
    // The images read.
    ImageParam src;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // Address of the tables of the first image, `count` of 256 bytes each, a multiple of 16.
    uint64_t tables;
    // Bytes from the tables of an image to those of the next, a multiple of 16; 0 where all images have the same.
    uint64_t stride;
    // The number of tables: 1, 3 or 4. Sample `i` of a row is looked up in table `i` modulo this number.
    uint32_t count;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(LutArgs) == 104);
static_assert(OFFSET_OF(LutArgs, src) == 0);
static_assert(OFFSET_OF(LutArgs, dst) == 40);
static_assert(OFFSET_OF(LutArgs, tables) == 80);
static_assert(OFFSET_OF(LutArgs, stride) == 88);
static_assert(OFFSET_OF(LutArgs, count) == 96);
static_assert(OFFSET_OF(LutArgs, reserved) == 100);

// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of the kernels of `connected_components.cu`: `src` and `dst` have one channel.
struct ComponentsArgs {
    // The images read.
    ImageParam src;
    // The images written: i32, with base, pitch and stride of multiples of 4.
    ImageParam dst;
    // Address of the labels: u32 numbers, one for each pixel of each image.
    uint64_t labels;
    // Address of the counts of rows: u32 numbers, one for each row of each image.
    uint64_t rows;
    // The neighbors of a pixel: 4 or 8.
    uint32_t connectivity;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(ComponentsArgs) == 104);
static_assert(OFFSET_OF(ComponentsArgs, src) == 0);
static_assert(OFFSET_OF(ComponentsArgs, dst) == 40);
static_assert(OFFSET_OF(ComponentsArgs, labels) == 80);
static_assert(OFFSET_OF(ComponentsArgs, rows) == 88);
static_assert(OFFSET_OF(ComponentsArgs, connectivity) == 96);
static_assert(OFFSET_OF(ComponentsArgs, reserved) == 100);

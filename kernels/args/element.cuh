// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// What the pixels outside the image are; `ElementArgs::outside`.
enum ElementOutside : uint32_t {
    // Nothing that counts.
    IGNORED = 0,
    // `value`.
    CONSTANT = 1,
    // The nearest pixel of the image.
    REPLICATE = 2,
    // The image mirrored, with its border pixels repeated.
    REFLECT = 3,
    // The image mirrored at its border pixels.
    REFLECT_101 = 4,
};

// Arguments of `erode_element` and `dilate_element`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
struct ElementArgs {
    // The images read.
    ImageParam src;
    // The images written.
    ImageParam dst;
    // Address of the columns of the window that count: of each row the first one, and the one behind the last. 0 where all count.
    uint64_t runs;
    // Columns of the window.
    uint32_t width;
    // Rows of the window.
    uint32_t height;
    // Column of the window that lies on the pixel which is computed.
    uint32_t anchor_x;
    // Row of the window that lies on this pixel.
    uint32_t anchor_y;
    // What is outside the image: a number of `ElementOutside`.
    uint32_t outside;
    // One sample for each channel, of a constant outside.
    uint8_t value[4];
};
static_assert(sizeof(ElementArgs) == 112);
static_assert(OFFSET_OF(ElementArgs, src) == 0);
static_assert(OFFSET_OF(ElementArgs, dst) == 40);
static_assert(OFFSET_OF(ElementArgs, runs) == 80);
static_assert(OFFSET_OF(ElementArgs, width) == 88);
static_assert(OFFSET_OF(ElementArgs, height) == 92);
static_assert(OFFSET_OF(ElementArgs, anchor_x) == 96);
static_assert(OFFSET_OF(ElementArgs, anchor_y) == 100);
static_assert(OFFSET_OF(ElementArgs, outside) == 104);
static_assert(OFFSET_OF(ElementArgs, value) == 108);

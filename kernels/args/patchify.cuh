// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `patchify_1`, `patchify_2` and `patchify_4`, for samples of 1, 2 and 4 bytes. A row of `dst` is a patch of
// `src`; groups of `merge` x `merge` patches follow one another. Planar images come with one channel and the rows of all planes.
struct PatchifyArgs {
    // The images read: width and height are multiples of those of a group of patches.
    ImageParam src;
    // The matrices written, of one channel.
    ImageParam dst;
    // Width of a patch.
    uint32_t patch_width;
    // Height of a patch.
    uint32_t patch_height;
    // Patches of a group along each axis.
    uint32_t merge;
    // Times that a patch is repeated in its row.
    uint32_t temporal;
    // Planes of `src`: 1 for interleaved images.
    uint32_t planes;
    // The axes of a row: 0 channel, time, y, x; 1 time, channel, y, x; 2 time, y, x, channel.
    uint32_t order;
};
static_assert(sizeof(PatchifyArgs) == 104);
static_assert(OFFSET_OF(PatchifyArgs, src) == 0);
static_assert(OFFSET_OF(PatchifyArgs, dst) == 40);
static_assert(OFFSET_OF(PatchifyArgs, patch_width) == 80);
static_assert(OFFSET_OF(PatchifyArgs, patch_height) == 84);
static_assert(OFFSET_OF(PatchifyArgs, merge) == 88);
static_assert(OFFSET_OF(PatchifyArgs, temporal) == 92);
static_assert(OFFSET_OF(PatchifyArgs, planes) == 96);
static_assert(OFFSET_OF(PatchifyArgs, order) == 100);

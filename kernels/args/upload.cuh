// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"

// Arguments of `upload`.
struct UploadArgs {
    // Address of the bytes read, in page-locked memory; a multiple of 16.
    uint64_t src;
    // Address of the bytes written; a multiple of 16.
    uint64_t dst;
    // Words of 16 bytes.
    uint32_t words;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(UploadArgs) == 24);
static_assert(OFFSET_OF(UploadArgs, src) == 0);
static_assert(OFFSET_OF(UploadArgs, dst) == 8);
static_assert(OFFSET_OF(UploadArgs, words) == 16);
static_assert(OFFSET_OF(UploadArgs, reserved) == 20);

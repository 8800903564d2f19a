// Written by `cargo xtask kernels` from kernels/src/args. Do not edit.
#pragma once

#include "types.cuh"
#include "args/image.cuh"

// Arguments of `clahe_tables` and `clahe`: `src` and `dst` have one shape of one channel.
struct ClaheArgs {
    // The images read.
    ImageParam src;
    // The images written; they must not overlap those read.
    ImageParam dst;
    // Address of the tables: for each image and each tile, row by row, 256 bytes.
    uint64_t tables;
    // Tiles along x.
    uint32_t columns;
    // Tiles along y.
    uint32_t rows;
    // Width of a tile.
    uint32_t tile_width;
    // Height of a tile.
    uint32_t tile_height;
    // The most pixels of a value in a tile; 0 for any number.
    uint32_t limit;
    // Zero; fills the struct, which has no padding.
    uint32_t reserved;
};
static_assert(sizeof(ClaheArgs) == 112);
static_assert(OFFSET_OF(ClaheArgs, src) == 0);
static_assert(OFFSET_OF(ClaheArgs, dst) == 40);
static_assert(OFFSET_OF(ClaheArgs, tables) == 80);
static_assert(OFFSET_OF(ClaheArgs, columns) == 88);
static_assert(OFFSET_OF(ClaheArgs, rows) == 92);
static_assert(OFFSET_OF(ClaheArgs, tile_width) == 96);
static_assert(OFFSET_OF(ClaheArgs, tile_height) == 100);
static_assert(OFFSET_OF(ClaheArgs, limit) == 104);
static_assert(OFFSET_OF(ClaheArgs, reserved) == 108);

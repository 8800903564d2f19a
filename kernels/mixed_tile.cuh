// The tiles of sample_mixed.cu: which there are, and what the threads that compute one know of it.
#pragma once

#include "args/sample.cuh"
#include "copies.cuh"
#include "mixed_taps.cuh"

// Rows of each thread. The grid knows it.
constexpr uint32_t ROWS = 4;
// The most rows of a tile: a warp has a lane for each of their two source rows.
constexpr uint32_t MOST_LINES = 8;
// Bytes for parts of source rows.
constexpr uint32_t STAGE = 16384;

// Whether the parts of the next tile arrive while a tile is computed, by copies of whole parts. The GPUs of data centers have the shared
// memory for two tiles; on the others more blocks are worth more.
#if __CUDA_ARCH__ == 900 || __CUDA_ARCH__ == 1000
constexpr bool AHEAD = true;
#else
constexpr bool AHEAD = false;
#endif
constexpr uint32_t STAGES = AHEAD ? 2 : 1;

// A part of a source row that a block copies to shared memory.
struct Part {
    // The address of the word of 16 bytes that has its first byte.
    uint64_t from;
    // The number of words.
    uint32_t words;
    // The words that hold bytes of the image alone, from this one on,
    uint32_t whole;
    // and how many they are.
    uint32_t count;
    // Where the bytes that may be read of the other words begin and end, counted from the first word.
    int least;
    int most;
};

// The source of an output row in shared memory.
struct alignas(16) Line {
    // Where the rows would begin in the bytes of all stages.
    uint32_t above;
    uint32_t below;
    // Weights and start of `staged_sum`.
    float weight0;
    float weight1;
    float start;
    // Whether the row is outside the source.
    uint32_t outside;
};

struct Tile {
    Line lines[MOST_LINES];
    Tap taps[MOST_LINES];
    // The parts, where all threads copy them.
    Part parts[AHEAD ? 1 : 2 * MOST_LINES];
    // Bytes from a part to the next.
    uint32_t pitch;
    // The number of parts.
    uint32_t count;
    // The first byte of each part in its row; negative where pixels are loaded from the image.
    int first;
    // Whether the tile has all of its rows, and all of its pixels show the source.
    bool plain;
    // The place in the output.
    uint32_t frame;
    uint32_t left;
    uint32_t top;
    MixedImage image;
};

// What a block has in shared memory.
struct Shared {
    // First, so that offsets in it are addresses.
    alignas(16) uint8_t bytes[STAGES * STAGE];
    // The tile that is computed, and the next one.
    Tile tiles[2];
    // The descriptor of the frame of the tile that was planned last.
    MixedImage image;
    // The arrival of the parts of both tiles.
    uint64_t arrived[2];
};

// Waits for all threads of the block, like `__syncthreads`, but warps may wait at different places of the kernel.
__device__ __forceinline__ void meet() {
    asm volatile("barrier.sync 0;" ::: "memory");
}

// The tiles of a launch in their order: down a strip of columns, strip after strip, frame after frame. Each block has equally many
// of them, one after the other, so that it reads few descriptors.
struct Tiles {
    // Columns of a tile. The grid knows this division.
    uint32_t across;
    // Rows of a tile.
    uint32_t rows;
    // Strips of a frame, and tiles of a strip.
    uint32_t strips;
    uint32_t down;

    // `threads` is the number of threads that compute.
    __device__ __forceinline__ Tiles(const ImageParam& dst, uint32_t threads) {
        strips = (dst.width + 255) / 256;
        across = ((dst.width + strips - 1) / strips + 31) & ~31u;
        rows = threads / across * ROWS;
        down = (dst.height + rows - 1) / rows;
    }

    __device__ __forceinline__ uint64_t of_frame() const { return uint64_t(strips) * down; }
};

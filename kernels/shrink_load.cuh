// Step 1 of shrink.cu: source rows to shared memory, by asynchronous copies.
#pragma once

#include "args/shrink.cuh"
#include "common.cuh"
#include "copies.cuh"

// Source rows of a round: the positions of a matrix instruction of the vertical pass.
constexpr int ROWS = 16;
// Rounds whose rows shared memory holds: one that is computed, and those that arrive meanwhile. `STAGES` in `geometry.rs`.
constexpr uint32_t STAGES = 2;

// Copies 16 bytes from global to shared memory. The copy is asynchronous where the GPU can do this.
__device__ __forceinline__ void copy_unit(uint8_t* to, const uint8_t* from) {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
#else
    *reinterpret_cast<uint4*>(to) = __ldg(reinterpret_cast<const uint4*>(from));
#endif
}

// Threads that load a row together.
constexpr uint32_t ROW_THREADS = 16;

// Copies the rows of a round to shared memory, where the GPU has no copies of whole rows. Rows begin at multiples of 16 bytes. Of the
// last 16 bytes of a row, at most 15 lie behind the row.
template <int CHANNELS>
__device__ __forceinline__ void load_rows(const ShrinkArgs& args, const ShrinkTile& tile, uint8_t* rows, uint32_t frame, uint32_t round) {
    const uint32_t count = min(args.rows - round * ROWS, uint32_t(ROWS));
    const uint32_t bytes = tile.pixels * CHANNELS;
    for (uint32_t i = threadIdx.x / ROW_THREADS; i < count; i += blockDim.x / ROW_THREADS) {
        uint8_t* to = rows + i * args.row_pitch;
        const uint8_t* from = image_row<const uint8_t>(args.sample.src, frame, round * ROWS + i) + tile.pixel * CHANNELS;
#pragma unroll 1
        for (uint32_t at = threadIdx.x % ROW_THREADS * 16; at < bytes; at += ROW_THREADS * 16) {
            copy_unit(to + at, from + at);
        }
    }
}

// The same by one copy for each row, where the GPU has such copies. Each warp asks for some of the rows.
template <int CHANNELS>
struct RowCopies {
    // The row of a round that a lane copies: below 16 for those that copy one.
    uint32_t row;
    // Its address in the next round.
    uint64_t from;
    // Bytes to copy of a row. Of the last 16 of them, at most 15 lie behind the row.
    uint32_t bytes;

    __device__ __forceinline__ RowCopies(const ShrinkTile& tile)
        : row(threadIdx.x / 32 + threadIdx.x % 32 * (blockDim.x / 32)), from(0), bytes((tile.pixels * CHANNELS + 15) / 16 * 16) {}

    // Goes to a round of a frame.
    __device__ __forceinline__ void begin(const ShrinkArgs& args, const ShrinkTile& tile, uint32_t frame, uint32_t round) {
        from = reinterpret_cast<uint64_t>(image_row<uint8_t>(args.sample.src, frame, round * ROWS + row) + tile.pixel * CHANNELS);
    }

    // Copies the rows of the next round, which is `round`.
    __device__ __forceinline__ void copy(const ShrinkArgs& args, uint64_t* arrived, uint8_t* rows, uint32_t round) {
        if (row < ROWS) {
            if (round * ROWS + row < args.rows && bytes > 0) {
                expect_bytes(arrived, bytes);
                copy_bulk(rows + row * args.row_pitch, reinterpret_cast<const void*>(from), bytes, arrived);
            } else {
                expect_bytes(arrived, 0);
            }
            from += ROWS * args.sample.src.row_pitch;
        }
    }
};

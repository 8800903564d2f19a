// Transposed images, mirrored or not: rows become columns. Samples of any type are copied.
//
// A block copies a tile of 32 x 32 pixels through shared memory, so that it reads and writes along rows.
#include "args/transpose.cuh"
#include "common.cuh"

constexpr uint32_t TILE = 32;
constexpr uint32_t TILE_ROWS = 8;

// Copies the tiles of this block, with CHANNELS samples in each pixel.
template <typename Bits, uint32_t CHANNELS>
__device__ __forceinline__ void transpose(const TransposeArgs& args, Bits* tile) {
    // One column more than a tile has, so that reads along its columns fall into different banks.
    constexpr uint32_t PITCH = TILE * CHANNELS + 1;
    const uint32_t width = args.src.width;
    const uint32_t height = args.src.height / args.planes;
    // In `dst` an image has `width` rows and `height` columns.
    const uint32_t first_column = blockIdx.x * TILE;
    const uint32_t tiles_down = (width + TILE - 1) / TILE;
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t number = blockIdx.y; number < tiles_down * args.planes; number += gridDim.y) {
            const uint32_t plane = number / tiles_down;
            const uint32_t first_row = (number - plane * tiles_down) * TILE;
            const uint32_t columns = min(TILE, height - first_column);
            const uint32_t rows = min(TILE, width - first_row);
            // Column `c` of the tile is a row of the source, and row `r` a column of it.
            for (uint32_t c = threadIdx.y; c < columns; c += TILE_ROWS) {
                const uint32_t y = first_column + c;
                const Bits* src = image_row<const Bits>(args.src, frame, plane * height + (args.flip & 2u ? height - 1 - y : y));
                // The pixels of the source that the rows of the tile come from, the first one of them first.
                const uint32_t start = args.flip & 1u ? width - first_row - rows : first_row;
                for (uint32_t i = threadIdx.x; i < rows * CHANNELS; i += TILE) {
                    tile[c * PITCH + i] = __ldg(src + size_t(start) * CHANNELS + i);
                }
            }
            __syncthreads();
            for (uint32_t r = threadIdx.y; r < rows; r += TILE_ROWS) {
                Bits* dst = image_row<Bits>(args.dst, frame, plane * width + first_row + r) + size_t(first_column) * CHANNELS;
                const uint32_t from = args.flip & 1u ? rows - 1 - r : r;
                for (uint32_t i = threadIdx.x; i < columns * CHANNELS; i += TILE) {
                    const uint32_t c = i / CHANNELS;
                    dst[i] = tile[c * PITCH + from * CHANNELS + (i - c * CHANNELS)];
                }
            }
            __syncthreads();
        }
    }
}

template <typename Bits>
__device__ __forceinline__ void transpose_any(const TransposeArgs& args) {
    __shared__ Bits tile[TILE * (TILE * 4 + 1)];
    switch (args.src.channels) {
        case 1: transpose<Bits, 1>(args, tile); break;
        case 3: transpose<Bits, 3>(args, tile); break;
        default: transpose<Bits, 4>(args, tile);
    }
}

extern "C" __global__ void __launch_bounds__(256) transpose_1(const __grid_constant__ TransposeArgs args) {
    transpose_any<uint8_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) transpose_2(const __grid_constant__ TransposeArgs args) {
    transpose_any<uint16_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) transpose_4(const __grid_constant__ TransposeArgs args) {
    transpose_any<uint32_t>(args);
}

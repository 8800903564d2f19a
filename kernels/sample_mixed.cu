// Sampling of images of any sizes, one of each frame of the output: crops, flips, one bilinear resize, pads, color, threshold and
// normalization. A table has an entry for each image, from which the kernel computes the taps that `resize` has in tables, in the
// same floating-point operations. As many blocks as are resident share the tiles of the output. One warp of a block plans the next tile
// and has the source rows of it copied to shared memory, while the others compute one: a thread has one column of several rows, and a
// warp writes consecutive pixels. Where the source rows are too long, since the resize skips most pixels, threads load their pixels
// one by one. Compiled once for each kind of source.
#include "mixed_image.cuh"
#include "mixed_pixels.cuh"
#include "mixed_plan.cuh"

// The most threads of a block, of which 32 plan, and the least number of resident blocks of a multiprocessor. `mixed_grid` knows both.
// Multiprocessors of compute capability 7.5 run at most 1024 threads.
constexpr int THREADS = 288;
#if __CUDA_ARCH__ == 750
constexpr int RESIDENT = 3;
#else
constexpr int RESIDENT = 4;
#endif

template <int SRC>
__device__ __forceinline__ void compute(const SampleArgs& args, const uint8_t* bytes, const Tile& tile, uint32_t x, uint32_t row,
                                        const Column& column) {
    if (x >= args.dst.width || tile.top + row >= args.dst.height) {
        return;
    }
    if constexpr (SRC != NV12) {
        if (tile.first >= 0) {
            sample_stage<SRC>(args, bytes, tile, x, row, column);
            return;
        }
    }
    const MixedImage& image = tile.image;
    const ImageParam src{image.base, image.row_pitch, 0, image.width, image.height, 0, 1};
    sample_image<SRC, ROWS>(args, src, image.outside, tile.frame, x, tile.top + row, column, tile.taps + row);
}

template <int SRC>
__device__ __forceinline__ void sample_images(const SampleArgs& args) {
    constexpr bool STAGED = SRC != NV12;
    __shared__ Shared shared;
    const uint32_t thread = threadIdx.x;
    const uint32_t computing = blockDim.x - 32;
    const bool plans = thread >= computing;
    const Tiles tiles(args.dst, computing);
    const uint64_t all = tiles.of_frame() * args.dst.batch;
    const uint64_t first = all * blockIdx.x / gridDim.x;
    const uint64_t end = all * (blockIdx.x + 1) / gridDim.x;
    if (first == end) {
        return;
    }
    if (plans) {
        if (STAGED && AHEAD && thread == computing) {
            begin_barrier(&shared.arrived[0], 1);
            begin_barrier(&shared.arrived[1], 1);
        }
        __syncwarp();
        Planner<SRC> planner(args, tiles, shared, first, end);
        planner.plan(shared.tiles[0], 0);
        for (uint64_t number = first; number < end; ++number) {
            const uint32_t next = (number - first + 1) & 1;
            // The tile is planned, and the one before it computed.
            meet();
            if constexpr (STAGED && !AHEAD) {
                copy_parts(shared.tiles[next ^ 1], shared.bytes);
                meet();
            }
            if (number + 1 < end) {
                planner.plan(shared.tiles[next], AHEAD ? next : 0);
            }
        }
        return;
    }
    const uint32_t group = thread / tiles.across;
    const uint32_t row = group * ROWS;
    uint32_t frame = ~0u;
    uint32_t left = 0;
    uint32_t x = 0;
    Column column{};
    for (uint64_t number = 0; number < end - first; ++number) {
        const uint32_t now = number & 1;
        meet();
        const Tile& tile = shared.tiles[now];
        if constexpr (STAGED && !AHEAD) {
            copy_parts(tile, shared.bytes);
            meet();
        }
        if (tile.frame != frame || tile.left != left) {
            frame = tile.frame;
            left = tile.left;
            x = left + thread - group * tiles.across;
            column = column_at(tile.image.columns, x);
        }
        if constexpr (STAGED && AHEAD) {
            wait_for_bytes(&shared.arrived[now], (number >> 1) & 1);
        }
        compute<SRC>(args, shared.bytes, tile, x, row, column);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT) sample_mixed(const __grid_constant__ SampleArgs args) {
    sample_images<MODULE_SOURCE>(args);
}

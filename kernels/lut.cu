// 8-bit samples from tables of 256 entries, one for all samples or one for each channel, for all images or for each.
//
// Images come as rows of samples. One thread computes 16 consecutive samples of some rows.
#include "args/lut.cuh"
#include "common.cuh"

// `sixteen_samples` in crates/ops/src/kernels/mod.rs has the same number.
constexpr uint32_t SAMPLES_PER_THREAD = 16;

// Copies the tables of an image to shared memory, with all threads of the block.
__device__ __forceinline__ void load_tables(const LutArgs& args, uint32_t frame, uint8_t (&tables)[4 * 256]) {
    const uint8_t* from = reinterpret_cast<const uint8_t*>(args.tables + frame * args.stride);
    const uint32_t thread = threadIdx.y * blockDim.x + threadIdx.x;
    for (uint32_t i = thread * 4; i < args.count * 256; i += blockDim.x * blockDim.y * 4) {
        *reinterpret_cast<uint32_t*>(tables + i) = __ldg(reinterpret_cast<const uint32_t*>(from + i));
    }
    __syncthreads();
}

// The four bytes of a word, looked up. `table` is the offset of the table of the next sample, which goes on behind the word; `end` is
// the offset behind the last table.
__device__ __forceinline__ uint32_t look_up(const uint8_t* tables, uint32_t word, uint32_t& table, uint32_t end) {
    uint32_t result = 0;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        result |= static_cast<uint32_t>(tables[table + ((word >> (8 * i)) & 255u)]) << (8 * i);
        table = table + 256 == end ? 0 : table + 256;
    }
    return result;
}

extern "C" __global__ void __launch_bounds__(256) lut(const __grid_constant__ LutArgs args) {
    __shared__ __align__(16) uint8_t tables[4 * 256];
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * SAMPLES_PER_THREAD;
    const uint32_t count = x < args.dst.width ? min(args.dst.width - x, SAMPLES_PER_THREAD) : 0;
    const bool words = count == SAMPLES_PER_THREAD && rows_aligned(args.src, 16) && rows_aligned(args.dst, 16);
    const uint32_t end = args.count * 256;
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        // The tables of the frame before may still be read.
        __syncthreads();
        load_tables(args, frame, tables);
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + x;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x;
            uint32_t table = x % args.count * 256;
            if (words) {
                const uint4 v = __ldg(reinterpret_cast<const uint4*>(src));
                uint4 out;
                out.x = look_up(tables, v.x, table, end);
                out.y = look_up(tables, v.y, table, end);
                out.z = look_up(tables, v.z, table, end);
                out.w = look_up(tables, v.w, table, end);
                *reinterpret_cast<uint4*>(dst) = out;
            } else {
#pragma unroll 1
                for (uint32_t i = 0; i < count; ++i) {
                    dst[i] = tables[table + __ldg(src + i)];
                    table = table + 256 == end ? 0 : table + 256;
                }
            }
        }
    }
}

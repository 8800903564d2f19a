// Contrast limited adaptive histogram equalization of 8-bit gray images, as in OpenCV. Everything in f32 is rounded by itself, without fused
// operations.
#include "args/clahe.cuh"
#include "common.cuh"

constexpr uint32_t THREADS = 256;

// The table of tile `blockIdx.x` of each image. Thread `i` has value `i`.
extern "C" __global__ void __launch_bounds__(256) clahe_tables(const __grid_constant__ ClaheArgs args) {
    __shared__ uint32_t counts[THREADS];
    __shared__ uint32_t above;
    const uint32_t value = threadIdx.x;
    const uint32_t warp = threadIdx.x / 32;
    const int left = static_cast<int>(blockIdx.x % args.columns * args.tile_width);
    const int top = static_cast<int>(blockIdx.x / args.columns * args.tile_height);
    const int right = left + static_cast<int>(args.tile_width);
    const int bottom = top + static_cast<int>(args.tile_height);
    const int width = static_cast<int>(args.src.width);
    const int height = static_cast<int>(args.src.height);
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        counts[value] = 0;
        if (value == 0) {
            above = 0;
        }
        __syncthreads();
        for (int y = top + static_cast<int>(warp); y < bottom; y += THREADS / 32) {
            const uint8_t* row = image_row<const uint8_t>(args.src, frame, reflect_101(y, height));
            for (int x = left + static_cast<int>(threadIdx.x % 32); x < right; x += 32) {
                atomicAdd(&counts[__ldg(row + reflect_101(x, width))], 1u);
            }
        }
        __syncthreads();
        uint32_t count = counts[value];
        if (args.limit > 0) {
            if (count > args.limit) {
                atomicAdd(&above, count - args.limit);
                count = args.limit;
            }
            __syncthreads();
            const uint32_t rest = above % THREADS;
            count += above / THREADS;
            if (rest > 0) {
                // The first `rest` values at this distance get one of those that are left over.
                const uint32_t step = THREADS / rest;
                if (value % step == 0 && value / step < rest) {
                    ++count;
                }
            }
        }
        // `counts[i]` becomes the sum of the counts up to value `i`.
        __syncthreads();
        counts[value] = count;
        __syncthreads();
        for (uint32_t distance = 1; distance < THREADS; distance *= 2) {
            const uint32_t before = value >= distance ? counts[value - distance] : 0;
            __syncthreads();
            counts[value] += before;
            __syncthreads();
        }
        const float scale = __fdiv_rn(255.0f, __uint2float_rn(args.tile_width * args.tile_height));
        const float entry = __fmul_rn(__uint2float_rn(counts[value]), scale);
        const size_t tile = size_t(frame) * args.columns * args.rows + blockIdx.x;
        reinterpret_cast<uint8_t*>(args.tables)[tile * 256 + value] =
            static_cast<uint8_t>(min(__float2int_rn(entry), 255));
        __syncthreads();
    }
}

// The tiles before and behind a position of an axis, and their weights.
struct Between {
    uint32_t before, behind;
    float of_before, of_behind;
};

__device__ __forceinline__ Between between(uint32_t position, uint32_t tiles, uint32_t length) {
    const float inverse = __fdiv_rn(1.0f, __uint2float_rn(length));
    const float place = __fsub_rn(__fmul_rn(__uint2float_rn(position), inverse), 0.5f);
    const float whole = floorf(place);
    const float weight = __fsub_rn(place, whole);
    const int before = static_cast<int>(whole);
    return {static_cast<uint32_t>(max(before, 0)), static_cast<uint32_t>(min(before + 1, static_cast<int>(tiles) - 1)),
            __fsub_rn(1.0f, weight), weight};
}

__device__ __forceinline__ float mix(float before, float behind, const Between& at) {
    return __fadd_rn(__fmul_rn(before, at.of_before), __fmul_rn(behind, at.of_behind));
}

// One pixel of some rows in each thread.
extern "C" __global__ void __launch_bounds__(256) clahe(const __grid_constant__ ClaheArgs args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    const Between column = between(x, args.columns, args.tile_width);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        const uint8_t* tables =
            reinterpret_cast<const uint8_t*>(args.tables) + size_t(frame) * args.columns * args.rows * 256;
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const Between row = between(y, args.rows, args.tile_height);
            const uint8_t* of_sample = tables + __ldg(image_row<const uint8_t>(args.src, frame, y) + x);
            const uint8_t* above = of_sample + size_t(row.before) * args.columns * 256;
            const uint8_t* below = of_sample + size_t(row.behind) * args.columns * 256;
            const float top = mix(__ldg(above + column.before * 256), __ldg(above + column.behind * 256), column);
            const float bottom = mix(__ldg(below + column.before * 256), __ldg(below + column.behind * 256), column);
            const int rounded = __float2int_rn(mix(top, bottom, row));
            image_row<uint8_t>(args.dst, frame, y)[x] = static_cast<uint8_t>(min(max(rounded, 0), 255));
        }
    }
}

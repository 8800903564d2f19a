// Operators that look at one pixel at a time, colour aside; the arithmetic is that of
// crates/ops/src/reference/pointwise.rs.
#include "common.cuh"
#include "half.cuh"
#include "unary.cuh"

// The same fields as `NormalizeArgs` in crates/ops/src/kernels/args.rs.
struct NormalizeArgs {
    Image src;
    Image dst;
    float a[4];
    float b[4];
    uint32_t planar;
    uint32_t half;
};
static_assert(sizeof(NormalizeArgs) == 120, "NormalizeArgs differs from crates/ops/src/kernels/args.rs");

// `sixteen_samples` in crates/ops/src/kernels/mod.rs holds the same number.
constexpr uint32_t SAMPLES_PER_THREAD = 16;

// `p > a ? b : 0` of each sample; images come without channels. 16 samples side by side for each thread.
extern "C" __global__ void __launch_bounds__(256) threshold(const __grid_constant__ UnaryArgs args) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * SAMPLES_PER_THREAD;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t count = min(args.dst.width - x, SAMPLES_PER_THREAD);
    const bool words = count == SAMPLES_PER_THREAD && rows_aligned(args.src, 16) && rows_aligned(args.dst, 16);
    const uint32_t limits = args.a * 0x01010101u;
    const uint32_t maxima = args.b * 0x01010101u;
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + x;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x;
            if (words) {
                const uint4 v = __ldg(reinterpret_cast<const uint4*>(src));
                *reinterpret_cast<uint4*>(dst) = make_uint4(
                    __vcmpgtu4(v.x, limits) & maxima, __vcmpgtu4(v.y, limits) & maxima,
                    __vcmpgtu4(v.z, limits) & maxima, __vcmpgtu4(v.w, limits) & maxima);
            } else {
#pragma unroll 1
                for (uint32_t i = 0; i < count; ++i) {
                    dst[i] = static_cast<uint8_t>(__ldg(src + i) > args.a ? args.b : 0u);
                }
            }
        }
    }
}

// p * a[c] + b[c] of each sample, one pixel for each thread, to f32 or f16, interleaved or in planes.
template <typename Sample>
__device__ __forceinline__ void normalize_batch(const NormalizeArgs& args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.src.width) {
        return;
    }
    const uint32_t channels = args.src.channels;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.src.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + size_t(x) * channels;
            // At most 4 channels; unrolled, so that the factors need no indexed memory.
#pragma unroll
            for (uint32_t c = 0; c < 4; ++c) {
                if (c < channels) {
                    const float value = __fmaf_rn(static_cast<float>(__ldg(src + c)), args.a[c], args.b[c]);
                    Sample* dst = args.planar ? image_row<Sample>(args.dst, frame, c * args.src.height + y) + x
                                              : image_row<Sample>(args.dst, frame, y) + size_t(x) * channels + c;
                    if constexpr (sizeof(Sample) == 2) {
                        *dst = to_half(value);
                    } else {
                        *dst = value;
                    }
                }
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) normalize(const __grid_constant__ NormalizeArgs args) {
    if (args.half) {
        normalize_batch<Half>(args);
    } else {
        normalize_batch<float>(args);
    }
}

__device__ __forceinline__ uint8_t clamped(int value) {
    return static_cast<uint8_t>(min(max(value >> 20, 0), 255));
}

// Video range BT.601. The source is a gray image: `dst.height` rows of Y, then half as many of pairs of U and V. One pixel
// for each thread.
extern "C" __global__ void __launch_bounds__(256) nv12_to_rgb(const __grid_constant__ UnaryArgs args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* chroma = image_row<const uint8_t>(args.src, frame, args.dst.height + y / 2) + (x & ~1u);
            const int luma = __ldg(image_row<const uint8_t>(args.src, frame, y) + x);
            const int scaled = max(luma - 16, 0) * 1220542 + (1 << 19);
            const int u = __ldg(chroma) - 128;
            const int v = __ldg(chroma + 1) - 128;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * 3;
            dst[0] = clamped(scaled + 1673527 * v);
            dst[1] = clamped(scaled - 852492 * v - 409993 * u);
            dst[2] = clamped(scaled + 2116026 * u);
        }
    }
}

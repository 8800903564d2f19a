// Operators with two inputs, `abs_diff`, `add_weighted` and `blend`, of 8-bit samples; the arithmetic is that of the operators' references.
//
// Images come as rows of samples. One thread computes 16 consecutive samples of some rows.
#include "args/binary.cuh"
#include "common.cuh"

// `sixteen_samples` in crates/ops/src/kernels/mod.rs has the same number.
constexpr uint32_t SAMPLES_PER_THREAD = 16;

struct AbsDiff {
    __device__ explicit AbsDiff(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return a > b ? a - b : b - a; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return __vabsdiffu4(a, b); }
};

// The weights sum to 256, so a result is at most 255 * 256 + 128: two samples are computed in one word without a carry between
// them.
struct Blend {
    uint32_t of_a, of_b;
    __device__ explicit Blend(const BinaryArgs& args) : of_a(args.weight), of_b(256 - args.weight) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return (a * of_a + b * of_b + 128u) >> 8; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const {
        const uint32_t even = (a & 0x00ff00ffu) * of_a + (b & 0x00ff00ffu) * of_b + 0x00800080u;
        const uint32_t odd = ((a >> 8) & 0x00ff00ffu) * of_a + ((b >> 8) & 0x00ff00ffu) * of_b + 0x00800080u;
        return ((even >> 8) & 0x00ff00ffu) | (odd & 0xff00ff00u);
    }
};

// Weighted sums in f32, rounded to the nearest integer, ties to even. Factors and summand are at most 10^6, so that a sum fits an integer.
struct AddWeighted {
    float alpha, beta, gamma;
    bool gamma_last;
    __device__ explicit AddWeighted(const AddWeightedArgs& args)
        : alpha(args.alpha), beta(args.beta), gamma(args.gamma), gamma_last(args.gamma_last != 0) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const {
        const float fa = static_cast<float>(a);
        const float fb = static_cast<float>(b);
        const float sum = gamma_last ? __fadd_rn(__fmaf_rn(fa, alpha, __fmul_rn(fb, beta)), gamma)
                                     : __fmaf_rn(fa, alpha, __fmaf_rn(fb, beta, gamma));
        return static_cast<uint32_t>(min(max(__float2int_rn(sum), 0), 255));
    }
    __device__ uint32_t word(uint32_t a, uint32_t b) const {
        return pack(sample(a & 255u, b & 255u), sample((a >> 8) & 255u, (b >> 8) & 255u),
                    sample((a >> 16) & 255u, (b >> 16) & 255u), sample(a >> 24, b >> 24));
    }
};

template <typename Combine, typename Args>
__device__ __forceinline__ void combine_batch(const Args& args) {
    const Combine combine(args);
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * SAMPLES_PER_THREAD;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t count = min(args.dst.width - x, SAMPLES_PER_THREAD);
    const bool words = count == SAMPLES_PER_THREAD && rows_aligned(args.a, 16) && rows_aligned(args.b, 16) &&
                       rows_aligned(args.dst, 16);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* a = image_row<const uint8_t>(args.a, frame, y) + x;
            const uint8_t* b = image_row<const uint8_t>(args.b, frame, y) + x;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + x;
            if (words) {
                const uint4 va = __ldg(reinterpret_cast<const uint4*>(a));
                const uint4 vb = __ldg(reinterpret_cast<const uint4*>(b));
                *reinterpret_cast<uint4*>(dst) = make_uint4(
                    combine.word(va.x, vb.x), combine.word(va.y, vb.y), combine.word(va.z, vb.z),
                    combine.word(va.w, vb.w));
            } else {
#pragma unroll 1
                for (uint32_t i = 0; i < count; ++i) {
                    dst[i] = static_cast<uint8_t>(combine.sample(__ldg(a + i), __ldg(b + i)));
                }
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) abs_diff(const __grid_constant__ BinaryArgs args) {
    combine_batch<AbsDiff>(args);
}

extern "C" __global__ void __launch_bounds__(256) add_weighted(const __grid_constant__ AddWeightedArgs args) {
    combine_batch<AddWeighted>(args);
}

extern "C" __global__ void __launch_bounds__(256) blend(const __grid_constant__ BinaryArgs args) {
    combine_batch<Blend>(args);
}

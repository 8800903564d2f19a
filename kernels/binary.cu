// Operators with two inputs of 8-bit samples; the arithmetic is that of the operators' references.
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

struct Add {
    __device__ explicit Add(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return min(a + b, 255u); }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return __vaddus4(a, b); }
};

struct Subtract {
    __device__ explicit Subtract(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return a > b ? a - b : 0u; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return __vsubus4(a, b); }
};

struct Multiply {
    __device__ explicit Multiply(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return min(a * b, 255u); }
    __device__ uint32_t word(uint32_t a, uint32_t b) const {
        return pack(sample(a & 255u, b & 255u), sample((a >> 8) & 255u, (b >> 8) & 255u),
                    sample((a >> 16) & 255u, (b >> 16) & 255u), sample(a >> 24, b >> 24));
    }
};

struct Minimum {
    __device__ explicit Minimum(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return min(a, b); }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return __vminu4(a, b); }
};

struct Maximum {
    __device__ explicit Maximum(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return max(a, b); }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return __vmaxu4(a, b); }
};

struct BitwiseAnd {
    __device__ explicit BitwiseAnd(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return a & b; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return a & b; }
};

struct BitwiseOr {
    __device__ explicit BitwiseOr(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return a | b; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return a | b; }
};

struct BitwiseXor {
    __device__ explicit BitwiseXor(const BinaryArgs&) {}
    __device__ uint32_t sample(uint32_t a, uint32_t b) const { return a ^ b; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const { return a ^ b; }
};

// A word is an RGBA pixel, `b` over `a`. No sum exceeds 32 bits: the largest is 255^3 * 128 in the division.
struct AlphaComposite {
    __device__ explicit AlphaComposite(const BinaryArgs&) {}
    static __device__ uint32_t divided_by_255(uint32_t value) { return ((value >> 8) + value) >> 8; }
    __device__ uint32_t word(uint32_t a, uint32_t b) const {
        const uint32_t alpha = b >> 24;
        if (alpha == 0) {
            return a;
        }
        const uint32_t total = alpha * 255u + (a >> 24) * (255u - alpha);
        const uint32_t of_b = alpha * (255u * 255u * 128u) / total;
        const uint32_t of_a = 255u * 128u - of_b;
        uint32_t result = divided_by_255(total + 128u) << 24;
#pragma unroll
        for (int shift = 0; shift < 24; shift += 8) {
            const uint32_t sum = ((b >> shift) & 255u) * of_b + ((a >> shift) & 255u) * of_a;
            result |= (divided_by_255(sum + (128u << 7)) >> 7) << shift;
        }
        return result;
    }
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

// Samples one by one.
template <typename Combine>
__device__ __forceinline__ void combine_few(
    const Combine& combine, const uint8_t* a, const uint8_t* b, uint8_t* dst, uint32_t count) {
#pragma unroll 1
    for (uint32_t i = 0; i < count; ++i) {
        dst[i] = static_cast<uint8_t>(combine.sample(__ldg(a + i), __ldg(b + i)));
    }
}

// Pixels one by one: there are whole ones, since 16 is a multiple of 4.
__device__ __forceinline__ void combine_few(
    const AlphaComposite& combine, const uint8_t* a, const uint8_t* b, uint8_t* dst, uint32_t count) {
#pragma unroll 1
    for (uint32_t i = 0; i < count; i += 4) {
        const uint32_t of_a = pack(__ldg(a + i), __ldg(a + i + 1), __ldg(a + i + 2), __ldg(a + i + 3));
        const uint32_t of_b = pack(__ldg(b + i), __ldg(b + i + 1), __ldg(b + i + 2), __ldg(b + i + 3));
        const uint32_t pixel = combine.word(of_a, of_b);
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            dst[i + c] = static_cast<uint8_t>(pixel >> (8 * c));
        }
    }
}

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
                combine_few(combine, a, b, dst, count);
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

extern "C" __global__ void __launch_bounds__(256) add(const __grid_constant__ BinaryArgs args) {
    combine_batch<Add>(args);
}

extern "C" __global__ void __launch_bounds__(256) alpha_composite(const __grid_constant__ BinaryArgs args) {
    combine_batch<AlphaComposite>(args);
}

extern "C" __global__ void __launch_bounds__(256) bitwise_and(const __grid_constant__ BinaryArgs args) {
    combine_batch<BitwiseAnd>(args);
}

extern "C" __global__ void __launch_bounds__(256) bitwise_or(const __grid_constant__ BinaryArgs args) {
    combine_batch<BitwiseOr>(args);
}

extern "C" __global__ void __launch_bounds__(256) bitwise_xor(const __grid_constant__ BinaryArgs args) {
    combine_batch<BitwiseXor>(args);
}

extern "C" __global__ void __launch_bounds__(256) maximum(const __grid_constant__ BinaryArgs args) {
    combine_batch<Maximum>(args);
}

extern "C" __global__ void __launch_bounds__(256) minimum(const __grid_constant__ BinaryArgs args) {
    combine_batch<Minimum>(args);
}

extern "C" __global__ void __launch_bounds__(256) multiply(const __grid_constant__ BinaryArgs args) {
    combine_batch<Multiply>(args);
}

extern "C" __global__ void __launch_bounds__(256) subtract(const __grid_constant__ BinaryArgs args) {
    combine_batch<Subtract>(args);
}

// `mask`: the sample of the image where that of the mask is not 0, else that of a constant pixel.
extern "C" __global__ void __launch_bounds__(256) mask(const __grid_constant__ MaskArgs args) {
    const int channels = args.dst.channels;
    const bool shared = args.mask.channels == 1;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int y) {
        const uint8_t* masks = image_row<const uint8_t>(args.mask, frame, y);
        const int at = x * channels + c;
        const bool shown = __ldg(masks + (shared ? x : at)) != 0;
        const uint8_t* row = image_row<const uint8_t>(args.image, frame, y);
        image_row<uint8_t>(args.dst, frame, y)[at] = shown ? __ldg(row + at) : args.value[c];
    });
}

// Changes of the colors of each pixel, one after the other: those of torchvision for u8 tensors. Everything is in f32, each operation
// rounded; the compiler must not contract them, so that they are intrinsics.
#include "args/pixel_steps.cuh"
#include "common.cuh"

constexpr uint32_t THREADS = 256;

// `PixelStep` in crates/ops/src/pixel_steps/step.rs has the same numbers and formulas.
enum Step : uint32_t { BRIGHTNESS = 0, CONTRAST = 1, SATURATION = 2, HUE = 3, GRAY = 4 };

struct Pixel {
    uint32_t r, g, b;
};

// Clamped to 0 to 255 and truncated.
__device__ __forceinline__ uint32_t truncated(float number) {
    return static_cast<uint32_t>(__float2int_rz(fminf(fmaxf(number, 0.0f), 255.0f)));
}

__device__ __forceinline__ uint32_t gray_of(const Pixel& p) {
    const float red = __fmul_rn(static_cast<float>(p.r), 0.2989f);
    return truncated(__fmaf_rn(static_cast<float>(p.b), 0.114f, __fmaf_rn(static_cast<float>(p.g), 0.587f, red)));
}

__device__ __forceinline__ uint32_t scaled(uint32_t sample, float factor) {
    return truncated(__fmul_rn(static_cast<float>(sample), factor));
}

__device__ __forceinline__ uint32_t blend(uint32_t sample, float other, float factor, float rest) {
    return truncated(__fmaf_rn(other, rest, __fmul_rn(static_cast<float>(sample), factor)));
}

// The remainder by 1 of a number above -1 and below 2, with its sign. The difference is exact.
__device__ __forceinline__ float fraction(float number) {
    return number >= 1.0f ? __fsub_rn(number, 1.0f) : number;
}

__device__ __forceinline__ uint32_t of_unit(float channel) { return truncated(__fmul_rn(channel, 255.999f)); }

__device__ __forceinline__ float unit(float channel) { return fminf(fmaxf(channel, 0.0f), 1.0f); }

__device__ Pixel turned(const Pixel& pixel, float turn) {
    const float scale = static_cast<float>(1.0 / 255.0);
    const float r = __fmul_rn(static_cast<float>(pixel.r), scale);
    const float g = __fmul_rn(static_cast<float>(pixel.g), scale);
    const float b = __fmul_rn(static_cast<float>(pixel.b), scale);
    const float most = fmaxf(fmaxf(r, g), b);
    const float least = fminf(fminf(r, g), b);
    const float range = __fsub_rn(most, least);
    const bool is_gray = most == least;
    const float divisor = is_gray ? 1.0f : range;
    const float saturation = is_gray ? 0.0f : __fdiv_rn(range, most);
    const float rc = __fdiv_rn(__fsub_rn(most, r), divisor);
    const float gc = __fdiv_rn(__fsub_rn(most, g), divisor);
    const float bc = __fdiv_rn(__fsub_rn(most, b), divisor);
    float sector;
    if (most == r) {
        sector = __fsub_rn(bc, gc);
    } else if (most == g) {
        sector = __fsub_rn(__fadd_rn(rc, 2.0f), bc);
    } else {
        sector = __fsub_rn(__fadd_rn(gc, 4.0f), rc);
    }
    float hue = fraction(__fadd_rn(__fmul_rn(sector, static_cast<float>(1.0 / 6.0)), 1.0f));
    hue = fraction(__fadd_rn(hue, turn));
    if (hue < 0.0f) {
        hue = __fadd_rn(hue, 1.0f);
    }
    const float sixths = __fmul_rn(hue, 6.0f);
    const float whole = floorf(sixths);
    const float part = __fmul_rn(saturation, __fsub_rn(sixths, whole));
    const float rest = __fsub_rn(1.0f, saturation);
    const uint32_t v = of_unit(most);
    const uint32_t p = of_unit(unit(__fmul_rn(rest, most)));
    const uint32_t q = of_unit(unit(__fmul_rn(__fsub_rn(1.0f, part), most)));
    const uint32_t t = of_unit(unit(__fmul_rn(__fadd_rn(part, rest), most)));
    switch (static_cast<uint32_t>(whole) % 6) {
        case 0: return {v, t, p};
        case 1: return {q, v, p};
        case 2: return {p, v, t};
        case 3: return {p, q, v};
        case 4: return {t, p, v};
        default: return {v, p, q};
    }
}

// Does the first `count` steps. The channels of a pixel of a gray image are equal, and only the first one counts.
template <bool COLOR>
__device__ __forceinline__ void change(const PixelStepsArgs& args, uint32_t count, float mean, Pixel& p) {
#pragma unroll 1
    for (uint32_t step = 0; step < count; ++step) {
        const uint32_t kind = args.kinds[step];
        const float factor = args.factors[step];
        const float rest = args.rests[step];
        if (kind == BRIGHTNESS) {
            p = {scaled(p.r, factor), scaled(p.g, factor), scaled(p.b, factor)};
        } else if (kind == CONTRAST) {
            p = {blend(p.r, mean, factor, rest), blend(p.g, mean, factor, rest), blend(p.b, mean, factor, rest)};
        } else if (COLOR) {
            if (kind == HUE) {
                p = turned(p, factor);
            } else {
                const uint32_t gray = gray_of(p);
                const float other = static_cast<float>(gray);
                if (kind == SATURATION) {
                    p = {blend(p.r, other, factor, rest), blend(p.g, other, factor, rest),
                         blend(p.b, other, factor, rest)};
                } else {
                    p = {gray, gray, gray};
                }
            }
        }
    }
}

template <bool COLOR>
__device__ __forceinline__ Pixel load(const uint8_t* pixel) {
    const uint32_t first = __ldg(pixel);
    if (COLOR) {
        return {first, __ldg(pixel + 1), __ldg(pixel + 2)};
    }
    return {first, first, first};
}

// The sum of part `blockIdx.x` of each image. Rows have at most 2^16 pixels; a thread sums one of 32 of every `8 * parts`th row.
template <bool COLOR>
__device__ __forceinline__ void sum_parts(const PixelStepsArgs& args) {
    __shared__ uint64_t sums[THREADS];
    const uint32_t warp = threadIdx.x / 32;
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        uint64_t sum = 0;
        for (uint32_t y = blockIdx.x * (THREADS / 32) + warp; y < args.src.height; y += args.parts * (THREADS / 32)) {
            const uint8_t* row = image_row<const uint8_t>(args.src, frame, y);
            for (uint32_t x = threadIdx.x % 32; x < args.src.width; x += 32) {
                Pixel p = load<COLOR>(row + size_t(x) * (COLOR ? 3 : 1));
                change<COLOR>(args, args.measured, 0.0f, p);
                sum += COLOR ? gray_of(p) : p.r;
            }
        }
        sums[threadIdx.x] = sum;
        __syncthreads();
        for (uint32_t half = THREADS / 2; half > 0; half /= 2) {
            if (threadIdx.x < half) {
                sums[threadIdx.x] += sums[threadIdx.x + half];
            }
            __syncthreads();
        }
        if (threadIdx.x == 0) {
            reinterpret_cast<uint64_t*>(args.sums)[size_t(frame) * args.parts + blockIdx.x] = sums[0];
        }
        __syncthreads();
    }
}

extern "C" __global__ void __launch_bounds__(256) pixel_steps_sums(const __grid_constant__ PixelStepsArgs args) {
    if (args.src.channels == 3) {
        sum_parts<true>(args);
    } else {
        sum_parts<false>(args);
    }
}

template <bool COLOR>
__device__ __forceinline__ void change_batch(const PixelStepsArgs& args) {
    __shared__ float mean;
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        if (args.measured < args.count) {
            // The mean of the frame before may still be read.
            __syncthreads();
            if (threadIdx.x == 0 && threadIdx.y == 0) {
                const uint64_t* sums = reinterpret_cast<const uint64_t*>(args.sums) + size_t(frame) * args.parts;
                uint64_t sum = 0;
                for (uint32_t part = 0; part < args.parts; ++part) {
                    sum += __ldg(sums + part);
                }
                mean = __fdiv_rn(__ull2float_rn(sum), __uint2float_rn(args.src.width * args.src.height));
            }
            __syncthreads();
        }
        if (x >= args.dst.width) {
            continue;
        }
        const float of_frame = args.measured < args.count ? mean : 0.0f;
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const size_t at = size_t(x) * (COLOR ? 3 : 1);
            Pixel p = load<COLOR>(image_row<const uint8_t>(args.src, frame, y) + at);
            change<COLOR>(args, args.count, of_frame, p);
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + at;
            dst[0] = static_cast<uint8_t>(p.r);
            if (COLOR) {
                dst[1] = static_cast<uint8_t>(p.g);
                dst[2] = static_cast<uint8_t>(p.b);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) pixel_steps(const __grid_constant__ PixelStepsArgs args) {
    if (args.src.channels == 3) {
        change_batch<true>(args);
    } else {
        change_batch<false>(args);
    }
}

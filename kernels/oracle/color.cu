// Oracle of color conversions of 8-bit images; the arithmetic is that of the operator's reference.
#include "args/color.cuh"
#include "common.cuh"

// The numbers of the variants of `ColorConversion` in crates/ops/src.
enum Conversion : uint32_t {
    RGB_TO_GRAY = 0,
    BGR_TO_GRAY = 1,
    RGBA_TO_GRAY = 2,
    RGB_TO_BGR = 3,
    BGR_TO_RGB = 4,
    RGBA_TO_RGB = 5,
    RGB_TO_RGBA = 6,
    GRAY_TO_RGB = 7,
};

constexpr int PIXELS_PER_THREAD = 4;

struct RgbToGray {
    static constexpr int SRC = 3, DST = 1;
    static __device__ void convert(const uint32_t* p, uint32_t* q) { q[0] = luma(p[0], p[1], p[2]); }
};
struct BgrToGray {
    static constexpr int SRC = 3, DST = 1;
    static __device__ void convert(const uint32_t* p, uint32_t* q) { q[0] = luma(p[2], p[1], p[0]); }
};
struct RgbaToGray {
    static constexpr int SRC = 4, DST = 1;
    static __device__ void convert(const uint32_t* p, uint32_t* q) { q[0] = luma(p[0], p[1], p[2]); }
};
struct SwapRedBlue {
    static constexpr int SRC = 3, DST = 3;
    static __device__ void convert(const uint32_t* p, uint32_t* q) {
        q[0] = p[2];
        q[1] = p[1];
        q[2] = p[0];
    }
};
struct RgbaToRgb {
    static constexpr int SRC = 4, DST = 3;
    static __device__ void convert(const uint32_t* p, uint32_t* q) {
        q[0] = p[0];
        q[1] = p[1];
        q[2] = p[2];
    }
};
struct RgbToRgba {
    static constexpr int SRC = 3, DST = 4;
    static __device__ void convert(const uint32_t* p, uint32_t* q) {
        q[0] = p[0];
        q[1] = p[1];
        q[2] = p[2];
        q[3] = 255;
    }
};
struct GrayToRgb {
    static constexpr int SRC = 1, DST = 3;
    static __device__ void convert(const uint32_t* p, uint32_t* q) { q[0] = q[1] = q[2] = p[0]; }
};

// Converts four pixels at once; `src` and `dst` are multiples of 4.
template <typename C>
__device__ __forceinline__ void convert_words(const uint8_t* src, uint8_t* dst) {
    uint32_t in[C::SRC];
    uint32_t out[4 * C::DST];
#pragma unroll
    for (int i = 0; i < C::SRC; ++i) {
        in[i] = __ldg(reinterpret_cast<const uint32_t*>(src) + i);
    }
#pragma unroll
    for (int pixel = 0; pixel < 4; ++pixel) {
        uint32_t samples[C::SRC];
#pragma unroll
        for (int c = 0; c < C::SRC; ++c) {
            samples[c] = byte_of(in, pixel * C::SRC + c);
        }
        C::convert(samples, out + pixel * C::DST);
    }
#pragma unroll
    for (int i = 0; i < C::DST; ++i) {
        reinterpret_cast<uint32_t*>(dst)[i] =
            pack(out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3]);
    }
}

template <typename C>
__device__ __forceinline__ void convert_pixel(const uint8_t* src, uint8_t* dst) {
    uint32_t samples[C::SRC];
    uint32_t out[C::DST];
#pragma unroll
    for (int c = 0; c < C::SRC; ++c) {
        samples[c] = __ldg(src + c);
    }
    C::convert(samples, out);
#pragma unroll
    for (int c = 0; c < C::DST; ++c) {
        dst[c] = static_cast<uint8_t>(out[c]);
    }
}

template <typename C>
__device__ __forceinline__ void convert_batch(const ColorArgs& args) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * PIXELS_PER_THREAD;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t count = min(args.dst.width - x, static_cast<uint32_t>(PIXELS_PER_THREAD));
    const bool words = count == PIXELS_PER_THREAD && rows_aligned(args.src, 4) && rows_aligned(args.dst, 4);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(args.src, frame, y) + size_t(x) * C::SRC;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * C::DST;
            if (words) {
                convert_words<C>(src, dst);
            } else {
                for (uint32_t i = 0; i < count; ++i) {
                    convert_pixel<C>(src + i * C::SRC, dst + i * C::DST);
                }
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) color(const __grid_constant__ ColorArgs args) {
    switch (args.conversion) {
        case RGB_TO_GRAY: convert_batch<RgbToGray>(args); break;
        case BGR_TO_GRAY: convert_batch<BgrToGray>(args); break;
        case RGBA_TO_GRAY: convert_batch<RgbaToGray>(args); break;
        case RGB_TO_BGR:
        case BGR_TO_RGB: convert_batch<SwapRedBlue>(args); break;
        case RGBA_TO_RGB: convert_batch<RgbaToRgb>(args); break;
        case RGB_TO_RGBA: convert_batch<RgbToRgba>(args); break;
        case GRAY_TO_RGB: convert_batch<GrayToRgb>(args); break;
    }
}

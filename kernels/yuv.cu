// YUV video frames to RGB and back, by weights that the arguments have; the arithmetic is that of the operators' references.
#include "args/rgb_to_yuv.cuh"
#include "args/yuv_to_rgb.cuh"
#include "common.cuh"

// The numbers of the variants of `YuvFormat` in crates/ops/src.
enum Format : uint32_t { NV12 = 0, NV21 = 1, I420 = 2, YUYV = 3, P010 = 4 };

// Pixels of a row for each thread: two pairs that share their chroma. `grid` in crates/ops/src/yuv_to_rgb/cuda.rs has the same number.
constexpr uint32_t PIXELS = 4;

// The samples of a row of pixels: the first ones, and the bytes from a Y to the next, and from a U or V to the next.
struct Row {
    const uint8_t* y;
    const uint8_t* u;
    const uint8_t* v;
    uint32_t y_step;
    uint32_t chroma_step;
};

// Row `n` of U and V of a frame with planes of them, counted from the first row of U: two of them are a row of the gray image.
template <typename Byte>
__device__ __forceinline__ Byte* chroma_row(const ImageParam& image, uint32_t frame, uint32_t height, uint32_t n) {
    return image_row<Byte>(image, frame, height + n / 2) + (n % 2) * (image.width / 2);
}

__device__ __forceinline__ Row row_of(const YuvToRgbArgs& args, uint32_t frame, uint32_t y) {
    const uint32_t height = args.dst.height;
    const uint8_t* luma = image_row<const uint8_t>(args.src, frame, y);
    if (args.format == YUYV) {
        return Row{luma, luma + 1, luma + 3, 2, 4};
    }
    if (args.format == I420) {
        const uint8_t* u = chroma_row<const uint8_t>(args.src, frame, height, y / 2);
        const uint8_t* v = chroma_row<const uint8_t>(args.src, frame, height, height / 2 + y / 2);
        return Row{luma, u, v, 1, 1};
    }
    const uint8_t* chroma = image_row<const uint8_t>(args.src, frame, height + y / 2);
    switch (args.format) {
        case NV21: return Row{luma, chroma + 1, chroma, 1, 2};
        case P010: return Row{luma, chroma, chroma + 2, 2, 4};
        default: return Row{luma, chroma, chroma + 1, 1, 2};
    }
}

// The sample at an address: a byte, or the upper 10 bits of two bytes, of which the lower one comes first.
__device__ __forceinline__ int sample(const uint8_t* from, uint32_t bits) {
    return bits == 8 ? __ldg(from) : (__ldg(from) | __ldg(from + 1) << 8) >> 6;
}

// A sum as a byte. A sum of 10-bit samples can exceed 2^31.
__device__ __forceinline__ uint32_t to_byte(int luma, int chroma, uint32_t digits) {
    const long long sum = (static_cast<long long>(luma) + chroma) >> digits;
    return static_cast<uint32_t>(min(max(sum, 0ll), 255ll));
}

extern "C" __global__ void __launch_bounds__(256) yuv_to_rgb(const __grid_constant__ YuvToRgbArgs args) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * PIXELS;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t bits = args.bits, digits = bits + 12;
    const int gray = 1 << (bits - 1);
    // Widths are even: 4 or 2.
    const uint32_t count = min(args.dst.width - x, PIXELS);
    const bool words = count == PIXELS && rows_aligned(args.dst, 4);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const Row row = row_of(args, frame, y);
            uint32_t out[3 * PIXELS];
#pragma unroll
            for (uint32_t i = 0; i < PIXELS; ++i) {
                if (i >= count) {
                    break;
                }
                const size_t chroma = size_t(x + i) / 2 * row.chroma_step;
                const int u = sample(row.u + chroma, bits) - gray;
                const int v = sample(row.v + chroma, bits) - gray;
                const int luma = max(sample(row.y + size_t(x + i) * row.y_step, bits) - args.black, 0) * args.luma + (1 << (digits - 1));
                out[3 * i] = to_byte(luma, args.red * v, digits);
                out[3 * i + 1] = to_byte(luma, args.green_u * u + args.green_v * v, digits);
                out[3 * i + 2] = to_byte(luma, args.blue * u, digits);
            }
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * 3;
            if (words) {
#pragma unroll
                for (int i = 0; i < 3; ++i) {
                    reinterpret_cast<uint32_t*>(dst)[i] = pack(out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3]);
                }
            } else {
#pragma unroll
                for (uint32_t i = 0; i < 3 * PIXELS; ++i) {
                    if (i < 3 * count) {
                        dst[i] = static_cast<uint8_t>(out[i]);
                    }
                }
            }
        }
    }
}

// A sample of the pixel at an address, by the weights of red, green and blue. Chroma of full range reaches 255.5, which would be
// rounded to 256.
__device__ __forceinline__ uint8_t weighted(const int32_t* weights, int offset, const uint8_t* pixel) {
    const int sum = weights[0] * __ldg(pixel) + weights[1] * __ldg(pixel + 1) + weights[2] * __ldg(pixel + 2);
    return static_cast<uint8_t>(min((sum + (1 << 19) + (offset << 20)) >> 20, 255));
}

// A thread makes the samples of some blocks of 2 x 2 pixels. The chroma of a block is that of its pixel at the top left.
extern "C" __global__ void __launch_bounds__(256) rgb_to_yuv(const __grid_constant__ RgbToYuvArgs args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    const uint32_t height = args.src.height;
    if (x >= args.src.width / 2) {
        return;
    }
    for (uint32_t frame = blockIdx.z; frame < args.src.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < height / 2; y += gridDim.y * blockDim.y) {
            const uint8_t* first = image_row<const uint8_t>(args.src, frame, 2 * y) + size_t(x) * 6;
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const uint8_t* src = image_row<const uint8_t>(args.src, frame, 2 * y + i) + size_t(x) * 6;
                uint8_t* luma = image_row<uint8_t>(args.dst, frame, 2 * y + i) + size_t(x) * 2;
                luma[0] = weighted(args.luma, args.black, src);
                luma[1] = weighted(args.luma, args.black, src + 3);
            }
            const uint8_t u = weighted(args.u, 128, first);
            const uint8_t v = weighted(args.v, 128, first);
            if (args.planar) {
                chroma_row<uint8_t>(args.dst, frame, height, y)[x] = u;
                chroma_row<uint8_t>(args.dst, frame, height, height / 2 + y)[x] = v;
            } else {
                uint8_t* chroma = image_row<uint8_t>(args.dst, frame, height + y) + size_t(x) * 2;
                chroma[0] = u;
                chroma[1] = v;
            }
        }
    }
}

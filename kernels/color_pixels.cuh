// Pixels of 8-bit images that become other pixels at their places, four at a time where all rows are aligned. oracle/color.cu and
// color_space.cu share it.
//
// A conversion `C` has the numbers of channels `SRC` and `DST`, and `operator()(p, q)`, which makes the samples `q` of the samples `p`
// of one pixel.
#pragma once

#include "common.cuh"

// `color::cuda::grid` in crates/ops/src has the same number.
constexpr int PIXELS_PER_THREAD = 4;

// Converts four pixels at once; `src` and `dst` are multiples of 4.
template <typename C>
__device__ __forceinline__ void convert_words(const C& convert, const uint8_t* src, uint8_t* dst) {
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
        convert(samples, out + pixel * C::DST);
    }
#pragma unroll
    for (int i = 0; i < C::DST; ++i) {
        reinterpret_cast<uint32_t*>(dst)[i] =
            pack(out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3]);
    }
}

template <typename C>
__device__ __forceinline__ void convert_pixel(const C& convert, const uint8_t* src, uint8_t* dst) {
    uint32_t samples[C::SRC];
    uint32_t out[C::DST];
#pragma unroll
    for (int c = 0; c < C::SRC; ++c) {
        samples[c] = __ldg(src + c);
    }
    convert(samples, out);
#pragma unroll
    for (int c = 0; c < C::DST; ++c) {
        dst[c] = static_cast<uint8_t>(out[c]);
    }
}

template <typename C>
__device__ __forceinline__ void convert_batch(const ImageParam& read, const ImageParam& written, const C& convert) {
    const uint32_t x = (blockIdx.x * blockDim.x + threadIdx.x) * PIXELS_PER_THREAD;
    if (x >= written.width) {
        return;
    }
    const uint32_t count = min(written.width - x, static_cast<uint32_t>(PIXELS_PER_THREAD));
    const bool words = count == PIXELS_PER_THREAD && rows_aligned(read, 4) && rows_aligned(written, 4);
    for (uint32_t frame = blockIdx.z; frame < written.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < written.height; y += gridDim.y * blockDim.y) {
            const uint8_t* src = image_row<const uint8_t>(read, frame, y) + size_t(x) * C::SRC;
            uint8_t* dst = image_row<uint8_t>(written, frame, y) + size_t(x) * C::DST;
            if (words) {
                convert_words(convert, src, dst);
            } else {
                for (uint32_t i = 0; i < count; ++i) {
                    convert_pixel(convert, src + i * C::SRC, dst + i * C::DST);
                }
            }
        }
    }
}

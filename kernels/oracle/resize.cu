// Oracle of resizing 8-bit images; the arithmetic is that of the operator's reference. Indices and weights depend only on the
// sizes: the plan computes them once, and host and device read the same tables.
#include "args/resize.cuh"
#include "common.cuh"

// Calls `body(frame, x, y)` for the output pixels of this thread, one of each row of its grid-stride loop.
template <typename Body>
__device__ __forceinline__ void for_each_pixel(const ImageParam& dst, Body body) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= dst.width) {
        return;
    }
    for (uint32_t frame = blockIdx.z; frame < dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < dst.height; y += gridDim.y * blockDim.y) {
            body(frame, x, y);
        }
    }
}

// Calls `body(c)` for each channel. The loops over 3 and 4 channels are unrolled, so that the loads of a pixel overlap.
template <typename Body>
__device__ __forceinline__ void for_each_channel(uint32_t channels, Body body) {
    if (channels == 3) {
#pragma unroll
        for (uint32_t c = 0; c < 3; ++c) {
            body(c);
        }
    } else if (channels == 4) {
#pragma unroll
        for (uint32_t c = 0; c < 4; ++c) {
            body(c);
        }
    } else {
#pragma unroll 1
        for (uint32_t c = 0; c < channels; ++c) {
            body(c);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) resize_bilinear(const __grid_constant__ ResizeArgs args) {
    const int4* x_table = reinterpret_cast<const int4*>(args.tables);
    const int4* y_table = x_table + args.dst.width;
    const uint32_t channels = args.src.channels;
    for_each_pixel(args.dst, [&](uint32_t frame, uint32_t x, uint32_t y) {
        const int4 tx = __ldg(x_table + x);
        const int4 ty = __ldg(y_table + y);
        const uint8_t* top = image_row<const uint8_t>(args.src, frame, ty.x);
        const uint8_t* bottom = image_row<const uint8_t>(args.src, frame, ty.y);
        const size_t left = size_t(tx.x) * channels;
        const size_t right = size_t(tx.y) * channels;
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * channels;
        for_each_channel(channels, [&](uint32_t c) {
            const int above = tx.z * __ldg(top + left + c) + tx.w * __ldg(top + right + c);
            const int below = tx.z * __ldg(bottom + left + c) + tx.w * __ldg(bottom + right + c);
            const int sum = ((ty.z * (above >> 4)) >> 16) + ((ty.w * (below >> 4)) >> 16);
            dst[c] = static_cast<uint8_t>(min(max((sum + 2) >> 2, 0), 255));
        });
    });
}

// Half the size on both axes: the rounded mean of each 2x2 block.
extern "C" __global__ void __launch_bounds__(256) resize_half(const __grid_constant__ ResizeArgs args) {
    const uint32_t channels = args.src.channels;
    for_each_pixel(args.dst, [&](uint32_t frame, uint32_t x, uint32_t y) {
        const size_t left = size_t(x) * 2 * channels;
        const uint8_t* top = image_row<const uint8_t>(args.src, frame, 2 * y) + left;
        const uint8_t* bottom = image_row<const uint8_t>(args.src, frame, 2 * y + 1) + left;
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * channels;
        for_each_channel(channels, [&](uint32_t c) {
            const uint32_t sum =
                __ldg(top + c) + __ldg(top + channels + c) + __ldg(bottom + c) + __ldg(bottom + channels + c);
            dst[c] = static_cast<uint8_t>((sum + 2) >> 2);
        });
    });
}

extern "C" __global__ void __launch_bounds__(256) resize_nearest(const __grid_constant__ ResizeArgs args) {
    const uint32_t* x_table = reinterpret_cast<const uint32_t*>(args.tables);
    const uint32_t* y_table = x_table + args.dst.width;
    const uint32_t channels = args.src.channels;
    for_each_pixel(args.dst, [&](uint32_t frame, uint32_t x, uint32_t y) {
        const uint8_t* src =
            image_row<const uint8_t>(args.src, frame, __ldg(y_table + y)) + size_t(__ldg(x_table + x)) * channels;
        uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * channels;
        for_each_channel(channels, [&](uint32_t c) { dst[c] = __ldg(src + c); });
    });
}

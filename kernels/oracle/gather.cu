// Oracle of the gathers crop, flip and pad, and of the frame of a letterbox, on 8-bit images. It computes what the references of
// these operators compute.
#include "args/gather.cuh"
#include "common.cuh"

// How pixels outside the source are made: the numbers of `GatherArgs::outside`.
enum Outside : uint32_t { CONSTANT = 0, REPLICATE = 1, REFLECT_101 = 2, FRAME = 3 };

// The index in the source, of `length` pixels, that position `at` reads; -1 where it reads none.
__device__ __forceinline__ int source_index(int at, int length, uint32_t outside) {
    if (at >= 0 && at < length) {
        return at;
    }
    switch (outside) {
        case REPLICATE: return at < 0 ? 0 : length - 1;
        case REFLECT_101: return reflect_101(at, length);
        default: return -1;
    }
}

// One thread computes one pixel of some rows. Sides are at most 65536, so positions fit an int.
extern "C" __global__ void __launch_bounds__(256) gather(const __grid_constant__ GatherArgs args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    const uint32_t channels = args.dst.channels;
    const int width = args.inner_width;
    const int height = args.inner_height;
    int u = source_index(static_cast<int>(x) - args.left, width, args.outside);
    if (u >= 0 && (args.flip & 1)) {
        u = width - 1 - u;
    }
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            int v = source_index(static_cast<int>(y) - args.top, height, args.outside);
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * channels;
            if (u < 0 || v < 0) {
                for (uint32_t c = 0; c < channels; ++c) {
                    dst[c] = args.value[c & 3];
                }
            } else if (args.outside != FRAME) {
                if (args.flip & 2) {
                    v = height - 1 - v;
                }
                const uint8_t* src = image_row<const uint8_t>(args.src, frame, v) + size_t(u) * channels;
                for (uint32_t c = 0; c < channels; ++c) {
                    dst[c] = __ldg(src + c);
                }
            }
        }
    }
}

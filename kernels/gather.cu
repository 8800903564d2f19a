// Gathers: crop, flip and pad of samples of any type, and the frame of a letterbox. They copy bits, and compute nothing.
//
// Chains of 8-bit images with gathers in them run the kernels of sample_rows.cu and sample_taps.cu. These are for all other
// images, and the oracle of those.
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

// One thread computes one sample of some rows. Sides are at most 65536, so positions fit an int.
template <typename Bits>
__device__ __forceinline__ void gather(const GatherArgs& args) {
    const int width = args.inner_width;
    const int height = args.inner_height;
    const uint32_t channels = args.dst.channels;
    const uint32_t rows = args.dst.height / args.planes;
    const uint32_t source_rows = args.src.height / args.planes;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int row) {
        const uint32_t plane = row / rows;
        const int y = row - plane * rows;
        int u = source_index(x - args.left, width, args.outside);
        int v = source_index(y - args.top, height, args.outside);
        Bits& out = image_row<Bits>(args.dst, frame, row)[size_t(x) * channels + c];
        if (u < 0 || v < 0) {
            out = static_cast<Bits>(args.value[(plane + c) & 3]);
        } else if (args.outside != FRAME) {
            if (args.flip & 1) {
                u = width - 1 - u;
            }
            if (args.flip & 2) {
                v = height - 1 - v;
            }
            const Bits* src = image_row<const Bits>(args.src, frame, plane * source_rows + v);
            out = __ldg(src + size_t(u) * channels + c);
        }
    });
}

extern "C" __global__ void __launch_bounds__(256) gather_1(const __grid_constant__ GatherArgs args) {
    gather<uint8_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) gather_2(const __grid_constant__ GatherArgs args) {
    gather<uint16_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) gather_4(const __grid_constant__ GatherArgs args) {
    gather<uint32_t>(args);
}

// A copy of the image with a constant in a rectangle, for samples of any type.
#include "args/erase.cuh"
#include "common.cuh"

// One thread computes one sample of some rows.
template <typename Bits>
__device__ __forceinline__ void erase(const EraseArgs& args) {
    const uint32_t channels = args.dst.channels;
    const uint32_t rows = args.dst.height / args.planes;
    for_each_sample(args.dst, [&](uint32_t frame, int x, int c, int row) {
        const uint32_t plane = row / rows;
        const uint32_t y = row - plane * rows;
        // Pixels left of the rectangle, or above it, are beyond its last one as well when they are counted without a sign.
        const bool is_inside = x - args.x < args.width && y - args.y < args.height;
        const size_t sample = size_t(x) * channels + c;
        image_row<Bits>(args.dst, frame, row)[sample] =
            is_inside ? static_cast<Bits>(args.value[(plane + c) & 3]) : __ldg(image_row<const Bits>(args.src, frame, row) + sample);
    });
}

extern "C" __global__ void __launch_bounds__(256) erase_1(const __grid_constant__ EraseArgs args) {
    erase<uint8_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) erase_2(const __grid_constant__ EraseArgs args) {
    erase<uint16_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) erase_4(const __grid_constant__ EraseArgs args) {
    erase<uint32_t>(args);
}

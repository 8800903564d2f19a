// Oracle of NV12 to RGB; the arithmetic is that of the operator's reference.
#include "args/nv12.cuh"
#include "common.cuh"

__device__ __forceinline__ uint8_t clamped(int value) {
    return static_cast<uint8_t>(min(max(value >> 20, 0), 255));
}

// Video range BT.601. The source is a gray image: `dst.height` rows of Y, then half as many rows of pairs of U and V. One
// thread computes one pixel of some rows.
extern "C" __global__ void __launch_bounds__(256) nv12_to_rgb(const __grid_constant__ Nv12Args args) {
    const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
    if (x >= args.dst.width) {
        return;
    }
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t y = blockIdx.y * blockDim.y + threadIdx.y; y < args.dst.height; y += gridDim.y * blockDim.y) {
            const uint8_t* chroma = image_row<const uint8_t>(args.src, frame, args.dst.height + y / 2) + (x & ~1u);
            const int luma = __ldg(image_row<const uint8_t>(args.src, frame, y) + x);
            const int scaled = max(luma - 16, 0) * 1220542 + (1 << 19);
            const int u = __ldg(chroma) - 128;
            const int v = __ldg(chroma + 1) - 128;
            uint8_t* dst = image_row<uint8_t>(args.dst, frame, y) + size_t(x) * 3;
            dst[0] = clamped(scaled + 1673527 * v);
            dst[1] = clamped(scaled - 852492 * v - 409993 * u);
            dst[2] = clamped(scaled + 2116026 * u);
        }
    }
}

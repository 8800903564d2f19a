// An image as a matrix of patches: one row for each patch. Samples of any type are copied.
#include "args/patchify.cuh"
#include "common.cuh"

// The order of the axes in a row of the matrix: the numbers of `PatchifyArgs::order`.
enum Order : uint32_t { CTHW = 0, TCHW = 1, THWC = 2 };

// Splits the last axis, of `length` positions, off an index.
__device__ __forceinline__ uint32_t split(uint32_t& index, uint32_t length) {
    const uint32_t position = index % length;
    index /= length;
    return position;
}

// One thread computes one column of some rows of the matrix, so that it finds the place of its sample in a patch once.
template <typename Bits>
__device__ __forceinline__ void patchify(const PatchifyArgs& args) {
    const uint32_t column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= args.dst.width) {
        return;
    }
    // Either the channels are side by side, or the planes one after the other.
    const uint32_t channels = args.src.channels * args.planes;
    uint32_t index = column;
    uint32_t x, y, c;
    if (args.order == THWC) {
        c = split(index, channels);
        x = split(index, args.patch_width);
        y = split(index, args.patch_height);
    } else {
        x = split(index, args.patch_width);
        y = split(index, args.patch_height);
        if (args.order == CTHW) {
            split(index, args.temporal);
        }
        c = split(index, channels);
    }
    const uint32_t plane = args.planes > 1 ? c : 0;
    const uint32_t channel = c - plane;
    const uint32_t first_row = plane * (args.src.height / args.planes) + y;
    // Groups of merge x merge patches in a row of the image.
    const uint32_t groups = args.src.width / (args.patch_width * args.merge);
    for (uint32_t frame = blockIdx.z; frame < args.dst.batch; frame += gridDim.z) {
        for (uint32_t patch = blockIdx.y * blockDim.y + threadIdx.y; patch < args.dst.height; patch += gridDim.y * blockDim.y) {
            uint32_t place = patch;
            uint32_t across = split(place, args.merge);
            uint32_t down = split(place, args.merge);
            across += args.merge * split(place, groups);
            down += args.merge * place;
            const Bits* src = image_row<const Bits>(args.src, frame, first_row + down * args.patch_height);
            const uint32_t at = (across * args.patch_width + x) * args.src.channels + channel;
            image_row<Bits>(args.dst, frame, patch)[column] = __ldg(src + at);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) patchify_1(const __grid_constant__ PatchifyArgs args) {
    patchify<uint8_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) patchify_2(const __grid_constant__ PatchifyArgs args) {
    patchify<uint16_t>(args);
}

extern "C" __global__ void __launch_bounds__(256) patchify_4(const __grid_constant__ PatchifyArgs args) {
    patchify<uint32_t>(args);
}

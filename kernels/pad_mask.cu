// The mask of a padded image: 1 where the image is, 0 in the padding.
#include "args/pad_mask.cuh"
#include "common.cuh"

// One thread computes one pixel of some rows. It reads nothing.
extern "C" __global__ void __launch_bounds__(256) pad_mask(const __grid_constant__ PadMaskArgs args) {
    for_each_sample(args.dst, [&](uint32_t frame, int x, int, int y) {
        // Pixels left of the image, or above it, are beyond its last one as well when they are counted without a sign.
        const bool is_inside = x - args.left < args.inner_width && y - args.top < args.inner_height;
        image_row<uint8_t>(args.dst, frame, y)[x] = is_inside;
    });
}

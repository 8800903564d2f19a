// The entry points of a stencil module: the kernels of one source and one blur. The kernels are split into many modules because a
// driver loads a whole module when the first of its kernels is asked for. The table of the modules is `STENCILS` in
// src/stencil.rs; it defines the macros
// - MODULE_SOURCE and MODULE_BLUR, values of `enum Source` and `enum Blur`,
// - PLAIN_SHAPE, if the module has kernels without the Sobel magnitude, and SOBEL_SHAPE, if it has kernels with it: the numbers
//   WORDS, DEPTH, UNROLL, WARPS.
#include "stencil.cuh"

// Two kernels: NAME for aligned images, NAME_any for images of any alignment. WARPS is the occupancy to compile for, in resident
// warps of a multiprocessor, which leaves 65536 / 32 / WARPS registers to each thread. DEPTH rows are prefetched. The loop is
// unrolled UNROLL times, so that kept rows rotate through registers without moves; NAME_any has short code instead.
#define STENCIL(NAME, SOBEL, WORDS, DEPTH, UNROLL, WARPS)                                                             \
    extern "C" __global__ void __launch_bounds__(32, WARPS) NAME(const __grid_constant__ StencilArgs args) {          \
        stencil<true, MODULE_SOURCE, MODULE_BLUR, SOBEL, WORDS, DEPTH, UNROLL>(args);                                 \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(32, WARPS < 16 ? WARPS : 16)                                         \
        NAME##_any(const __grid_constant__ StencilArgs args) {                                                        \
        stencil<false, MODULE_SOURCE, MODULE_BLUR, SOBEL, WORDS, 1, 2>(args);                                         \
    }
// Expands a shape to its four numbers before they become the arguments of STENCIL.
#define STENCIL_OF(NAME, SOBEL, ...) STENCIL(NAME, SOBEL, __VA_ARGS__)

#ifdef PLAIN_SHAPE
STENCIL_OF(blur, false, PLAIN_SHAPE)
#endif
#if defined(SOBEL_SHAPE) && MODULE_BLUR == 0
STENCIL_OF(sobel, true, SOBEL_SHAPE)
#elif defined(SOBEL_SHAPE)
STENCIL_OF(blur_sobel, true, SOBEL_SHAPE)
#endif

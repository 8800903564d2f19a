// The entry points of a stencil module, which has those of one source and one blur: there are many modules, since a driver
// compiles a whole module when the first of its kernels is asked for. `STENCILS` in src/stencil.rs is their table; from it
// come the macros
// - MODULE_SOURCE and MODULE_BLUR, of `enum Source` and `enum Blur`,
// - PLAIN_SHAPE, where there are kernels without the Sobel magnitude, and SOBEL_SHAPE, where there are kernels with it:
//   WORDS, DEPTH, UNROLL, WARPS.
#include "stencil.cuh"

// Two kernels: NAME for aligned images, NAME_any for all. WARPS are those of a multiprocessor, which leave
// 65536 / 32 / WARPS registers to each thread. DEPTH rows are under way, and the loop is unrolled so that the rows that
// are kept need not be moved; `_any` is short instead.
#define STENCIL(NAME, SOBEL, WORDS, DEPTH, UNROLL, WARPS)                                                             \
    extern "C" __global__ void __launch_bounds__(32, WARPS) NAME(const __grid_constant__ StencilArgs args) {          \
        stencil<true, MODULE_SOURCE, MODULE_BLUR, SOBEL, WORDS, DEPTH, UNROLL>(args);                                 \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(32, WARPS < 16 ? WARPS : 16)                                         \
        NAME##_any(const __grid_constant__ StencilArgs args) {                                                        \
        stencil<false, MODULE_SOURCE, MODULE_BLUR, SOBEL, WORDS, 1, 2>(args);                                         \
    }
// The shapes are macros of several arguments: they are expanded before the macro is looked at.
#define STENCIL_OF(NAME, SOBEL, ...) STENCIL(NAME, SOBEL, __VA_ARGS__)

#ifdef PLAIN_SHAPE
STENCIL_OF(blur, false, PLAIN_SHAPE)
#endif
#if defined(SOBEL_SHAPE) && MODULE_BLUR == 0
STENCIL_OF(sobel, true, SOBEL_SHAPE)
#elif defined(SOBEL_SHAPE)
STENCIL_OF(blur_sobel, true, SOBEL_SHAPE)
#endif

// The entry points of the stencil modules. A module has those of one source and one blur: there are many modules, since
// a driver compiles a whole module when the first of its kernels is asked for.
#pragma once

#include "stencil.cuh"

// Two kernels: NAME for aligned images, NAME_any for all. WARPS are those of a multiprocessor, which leave
// 65536 / 32 / WARPS registers to each thread. DEPTH rows are under way, and the loop is unrolled so that the rows that
// are kept need not be moved; `_any` is short instead.
#define STENCIL(NAME, SOURCE, BLUR, SOBEL, WORDS, DEPTH, UNROLL, WARPS)                                               \
    extern "C" __global__ void __launch_bounds__(32, WARPS) NAME(const __grid_constant__ StencilArgs args) {          \
        stencil<true, SOURCE, BLUR, SOBEL, WORDS, DEPTH, UNROLL>(args);                                               \
    }                                                                                                                 \
    extern "C" __global__ void __launch_bounds__(32, WARPS < 16 ? WARPS : 16)                                         \
        NAME##_any(const __grid_constant__ StencilArgs args) {                                                        \
        stencil<false, SOURCE, BLUR, SOBEL, WORDS, 1, 2>(args);                                                       \
    }

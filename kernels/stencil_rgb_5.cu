// Stencils on three channels: a blur of five taps.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_3, BLUR_5, false, 4, 4, 4, 20)

// Stencils on three channels: a blur of up to seven taps.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_3, BLUR_7, false, 4, 2, 6, 14)

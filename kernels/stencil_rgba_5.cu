// Stencils on four channels: a blur of five taps.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_4, BLUR_5, false, 4, 4, 4, 20)

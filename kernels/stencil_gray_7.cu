// Stencils on gray: a blur of up to seven taps, with or without the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_1, BLUR_7, false, 4, 2, 6, 14)
STENCIL(blur_sobel, PLAIN_1, BLUR_7, true, 2, 3, 6, 18)

// Stencils on gray: a blur of five taps, with or without the Sobel magnitude.
#include "stencil_kernels.cuh"

STENCIL(blur, PLAIN_1, BLUR_5, false, 4, 4, 4, 20)
STENCIL(blur_sobel, PLAIN_1, BLUR_5, true, 2, 4, 4, 20)

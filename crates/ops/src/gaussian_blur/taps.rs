//! The taps of a Gaussian blur in fixed point.

/// The taps of a blur ([`GaussianBlur::taps`](super::GaussianBlur::taps)), followed by zeros. `size` is odd and at most 31,
/// `sigma` above 0.
pub(super) fn padded(size: u32, sigma: Option<f64>) -> [u16; 32] {
    let size = size as usize;
    let mut taps = [0; 32];
    let sigma = match (size, sigma) {
        (_, Some(sigma)) => sigma,
        (3, None) => return fixed(taps, &[64, 128, 64]),
        (5, None) => return fixed(taps, &[16, 64, 96, 64, 16]),
        (7, None) => return fixed(taps, &[8, 28, 56, 72, 56, 28, 8]),
        (9, None) => return fixed(taps, &[4, 13, 30, 51, 60, 51, 30, 13, 4]),
        (_, None) => 0.3 * ((size as f64 - 1.0) * 0.5 - 1.0) + 0.8,
    };
    let radius = size / 2;
    // A sigma so small that its square is 0 gives exp(-inf) = 0, one so large that it is infinite exp(-0) = 1.
    let bell = |i: usize| {
        let x = (radius - i) as f64;
        (-(x * x) / (2.0 * sigma * sigma)).exp()
    };
    let sum = 2.0 * (0..radius).map(bell).sum::<f64>() + 1.0;
    let mut carry = 0.0;
    let mut side = 0;
    for i in 0..radius {
        let exact = bell(i) * (1.0 / sum) * 256.0 + carry;
        let rounded = exact.round_ties_even();
        carry = exact - rounded;
        taps[i] = rounded as u16;
        taps[size - 1 - i] = rounded as u16;
        side += rounded as u16;
    }
    // The exact sum of one side is below 128 and the last carry at most a half, so `side` is at most 128.
    taps[radius] = 256 - 2 * side;
    taps
}

fn fixed(mut taps: [u16; 32], values: &[u16]) -> [u16; 32] {
    taps[..values.len()].copy_from_slice(values);
    taps
}

#[cfg(test)]
mod tests {
    use crate::gaussian_blur::GaussianBlur;
    use crate::gaussian_blur::reference::gaussian_taps;

    #[test]
    fn taps_are_those_of_the_reference_and_sum_to_one() {
        let sigmas = [
            0.01, 0.3, 0.5, 0.8, 1.0, 1.1, 1.5, 2.0, 3.7, 5.0, 12.0, 100.0, 1e-200, 1e200,
        ];
        for size in (3..=31).step_by(2) {
            let blur = GaussianBlur::new(size).expect("an odd size");
            for sigma in std::iter::once(None).chain(sigmas.map(Some)) {
                let blur = match sigma {
                    Some(sigma) => blur.sigma(sigma).expect("a positive sigma"),
                    None => blur,
                };
                let taps = blur.taps();
                assert_eq!(
                    taps,
                    gaussian_taps(size as usize, sigma),
                    "{size} {sigma:?}"
                );
                assert_eq!(taps.iter().sum::<u16>(), 256);
            }
        }
    }
}

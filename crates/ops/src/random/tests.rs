use super::*;

fn draws(index: u64) -> Draws {
    Draws::new(
        RandomOperator::ResizedCrop,
        Stream { seed: 7, stream: 1 },
        3,
        index,
    )
}

/// The mean of 100,000 uniform numbers is within 5 standard deviations of a half (one in 1.7 million seeds is not), the variance
/// is that of a uniform distribution, and numbers of neighboring images do not depend on each other.
#[test]
fn numbers_are_uniform_and_those_of_neighbors_independent() {
    let count = 100_000;
    let numbers: Vec<f64> = (0..=count).map(|index| draws(index).unit()).collect();
    assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / count as f64;
    let centered = || numbers.iter().map(|number| number - 0.5);
    let deviation = (1.0 / 12.0 / count as f64).sqrt();
    assert!(mean(&mut centered()).abs() < 5.0 * deviation);
    let variance = mean(&mut centered().map(|number| number * number));
    assert!((variance - 1.0 / 12.0).abs() < 0.002, "{variance}");
    let product = mean(&mut centered().zip(centered().skip(1)).map(|(a, b)| a * b));
    assert!(
        product.abs() < 5.0 / 12.0 / (count as f64).sqrt(),
        "{product}"
    );
}

/// Chi-square with 99 degrees of freedom: above 180 with a probability of 1e-6.
#[test]
fn integers_are_uniform() {
    let mut bins = [0_u32; 100];
    for index in 0..100_000 {
        bins[draws(index).below(100) as usize] += 1;
    }
    let square = |&bin: &u32| (f64::from(bin) - 1000.0).powi(2) / 1000.0;
    let chi_square: f64 = bins.iter().map(square).sum();
    assert!(chi_square < 180.0, "{chi_square}");
    assert_eq!(draws(0).below(1), 0);
}

/// Every part of what a number is drawn for matters.
#[test]
fn operators_seeds_streams_epochs_and_images_have_their_own_numbers() {
    let first = |operator, seed, stream, epoch, index| {
        Draws::new(operator, Stream { seed, stream }, epoch, index).bits()
    };
    use RandomOperator::{Affine, Crop, Erasing, Flip, ResizedCrop};
    let all = [
        first(ResizedCrop, 0, 0, 0, 0),
        first(Crop, 0, 0, 0, 0),
        first(Flip, 0, 0, 0, 0),
        first(Affine, 0, 0, 0, 0),
        first(Erasing, 0, 0, 0, 0),
        first(Crop, 1, 0, 0, 0),
        first(Crop, 0, 1, 0, 0),
        first(Crop, 0, 0, 1, 0),
        first(Crop, 0, 0, 0, 1),
        first(Crop, 0, 0, 0, 1 << 32),
    ];
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    assert_eq!(first(Crop, 1, 2, 3, 4), first(Crop, 1, 2, 3, 4));
}

/// A block has two numbers, and the next block follows.
#[test]
fn numbers_are_the_words_of_consecutive_blocks() {
    let mut draws = Draws::new(
        RandomOperator::Flip,
        Stream { seed: 9, stream: 2 },
        1 << 32 | 5,
        6 << 32 | 4,
    );
    let drawn: Vec<u64> = (0..6).map(|_| draws.bits()).collect();
    let expected = (0..3).flat_map(|block| {
        let [a, b, c, d] = philox4x32([4, 6, 5, 3 << 8 | block], [9, 2]).map(u64::from);
        [a << 32 | b, c << 32 | d]
    });
    assert_eq!(drawn, expected.collect::<Vec<_>>());
}

//! The reference of `clahe`.

use crate::oracle::{Image, reflect_101};

/// OpenCV's `createCLAHE(clip_limit, (columns, rows))` of a gray image.
pub fn clahe(image: &Image<u8>, clip_limit: f64, columns: usize, rows: usize) -> Image<u8> {
    let extended = !image.width.is_multiple_of(columns) || !image.height.is_multiple_of(rows);
    let side = |length: usize, tiles: usize| match extended {
        true => (length + tiles - length % tiles) / tiles,
        false => length / tiles,
    };
    let (width, height) = (side(image.width, columns), side(image.height, rows));
    let tables: Vec<Vec<Vec<u8>>> = (0..rows)
        .map(|row| {
            let tile = |column: usize| {
                let mut samples = Vec::new();
                for y in row * height..(row + 1) * height {
                    for x in column * width..(column + 1) * width {
                        let x = reflect_101(x as isize, image.width);
                        samples.push(image.at(x, reflect_101(y as isize, image.height), 0));
                    }
                }
                table(&samples, clip_limit)
            };
            (0..columns).map(tile).collect()
        })
        .collect();
    Image::from_fn(image.width, image.height, 1, |x, y, _| {
        let sample = usize::from(image.at(x, y, 0));
        let (left, right, xb, xa) = between(x, columns, width);
        let (top, bottom, yb, ya) = between(y, rows, height);
        let entry = |row: usize, column: usize| f32::from(tables[row][column][sample]);
        let above = entry(top, left) * xb + entry(top, right) * xa;
        let below = entry(bottom, left) * xb + entry(bottom, right) * xa;
        (above * yb + below * ya)
            .round_ties_even()
            .clamp(0.0, 255.0) as u8
    })
}

/// The table of the samples of a tile.
fn table(samples: &[u8], clip_limit: f64) -> Vec<u8> {
    let mut counts = vec![0_usize; 256];
    for &sample in samples {
        counts[usize::from(sample)] += 1;
    }
    if clip_limit > 0.0 {
        let limit = ((clip_limit * samples.len() as f64 / 256.0) as usize).max(1);
        let mut left = 0;
        for count in &mut counts {
            left += count.saturating_sub(limit);
            *count = (*count).min(limit);
        }
        for count in &mut counts {
            *count += left / 256;
        }
        left %= 256;
        let step = 256_usize.checked_div(left).unwrap_or(1).max(1);
        for value in (0..256).step_by(step) {
            if left > 0 {
                counts[value] += 1;
                left -= 1;
            }
        }
    }
    let scale = 255.0 / samples.len() as f32;
    let mut sum = 0;
    let entry = |count: &usize| {
        sum += count;
        (sum as f32 * scale).round_ties_even() as u8
    };
    counts.iter().map(entry).collect()
}

/// The tiles before and behind a position, and their weights.
fn between(position: usize, tiles: usize, length: usize) -> (usize, usize, f32, f32) {
    let place = position as f32 * (1.0 / length as f32) - 0.5;
    let weight = place - place.floor();
    let before = place.floor().max(0.0) as usize;
    let behind = ((place.floor() + 1.0) as usize).min(tiles - 1);
    (before, behind, 1.0 - weight, weight)
}

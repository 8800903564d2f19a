//! The rows of an output's place, which are given away part by part, so that several threads can fill them.

use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::image::rows::BatchRowsMut;

/// The rows of an output's place that were not given away yet, or a part that was given away.
pub(crate) enum OutputRows<'a> {
    /// Rows of images.
    Images(ImageRows<'a>),
    /// Rows of a slice.
    Batch(BatchRowsMut<'a>),
    /// No place.
    Nothing,
}

impl<'a> OutputRows<'a> {
    /// Takes the first `count` rows away, or all where there are fewer.
    pub(crate) fn take(&mut self, count: usize) -> OutputRows<'a> {
        match self {
            OutputRows::Images(images) => OutputRows::Images(images.take(count)),
            OutputRows::Batch(batch) => OutputRows::Batch(batch.take(count)),
            OutputRows::Nothing => OutputRows::Nothing,
        }
    }

    /// Copies rows without padding from `source`, which has exactly these rows.
    pub(crate) fn write(&mut self, source: &[u8]) {
        match self {
            OutputRows::Images(images) => images.write(source),
            OutputRows::Batch(batch) => batch.write(source),
            OutputRows::Nothing => {}
        }
    }
}

/// Rows of images that follow one another: the last rows of one, whole images, and the first rows of another.
pub(crate) struct ImageRows<'a> {
    /// Bytes of a row.
    row_bytes: usize,
    head: &'a mut [u8],
    images: &'a mut [Image],
    tail: &'a mut [u8],
}

impl<'a> ImageRows<'a> {
    /// All rows of images of this shape.
    pub(super) fn new(shape: ImageShape, images: &'a mut [Image]) -> Self {
        ImageRows {
            row_bytes: shape.row_bytes(),
            head: &mut [],
            images,
            tail: &mut [],
        }
    }

    /// Takes the first `count` rows away, or all where there are fewer. Not called for what was taken itself.
    fn take(&mut self, count: usize) -> ImageRows<'a> {
        let mut bytes = count * self.row_bytes;
        let head = split(&mut self.head, bytes);
        bytes -= head.len();
        let whole = match self.images.first() {
            Some(image) => (bytes / image.data().len()).min(self.images.len()),
            None => 0,
        };
        let images = split(&mut self.images, whole);
        bytes -= images.iter().map(|image| image.data().len()).sum::<usize>();
        let mut tail: &mut [u8] = &mut [];
        if bytes > 0
            && let [image] = split(&mut self.images, 1)
        {
            self.head = image.data_mut();
            tail = split(&mut self.head, bytes);
        }
        ImageRows {
            row_bytes: self.row_bytes,
            head,
            images,
            tail,
        }
    }

    fn write(&mut self, source: &[u8]) {
        let images = self.images.iter_mut().map(Image::data_mut);
        let places = [&mut *self.head].into_iter().chain(images);
        let mut source = source;
        for place in places.chain([&mut *self.tail]) {
            let (bytes, rest) = source.split_at(place.len());
            place.copy_from_slice(bytes);
            source = rest;
        }
    }
}

/// Takes the first `count` values of a slice away, or all where there are fewer.
fn split<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let count = count.min(slice.len());
    let (first, rest) = std::mem::take(slice).split_at_mut(count);
    *slice = rest;
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::Output;
    use pixelflume_ops::image::layout::BatchLayout;
    use pixelflume_ops::image::view::BatchViewMut;

    /// Every place is filled with the same rows, however many are taken at a time.
    #[test]
    fn parts_of_any_size_fill_every_place() {
        let shape = ImageShape::u8(3, 4, 1);
        let (first, frames) = (1, 3);
        let source: Vec<u8> = (1..=36).collect();
        for step in 1..=13 {
            let fill = |mut place: Output<'_>| {
                let mut rows = place.rows(shape, first..first + frames);
                for source in source.chunks(step * shape.row_bytes()) {
                    rows.take(step).write(source);
                }
            };
            let mut images = vec![Image::zeros(ImageShape::u8(1, 1, 1)).unwrap(); 2];
            fill(Output::Images(&mut images));
            let got: Vec<u8> = images[1..].iter().flat_map(|i| i.data().to_vec()).collect();
            assert_eq!(got, source, "{step}");
            assert_eq!(images[0].shape(), ImageShape::u8(1, 1, 1));

            let layouts = [
                BatchLayout::tight(shape, 4).at(2),
                BatchLayout::tight(shape, 4).with_row_pitch(5),
                BatchLayout::tight(shape, 4).with_batch_stride(17).at(1),
                BatchLayout::tight(shape, 4)
                    .with_row_pitch(4)
                    .with_batch_stride(20),
            ];
            for layout in layouts {
                let mut data = vec![0; layout.end().unwrap()];
                fill(Output::Batch(BatchViewMut::new(layout, &mut data).unwrap()));
                let mut expected = vec![0; data.len()];
                for (row, bytes) in source.chunks(3).enumerate() {
                    let at = layout.offset()
                        + (first + row / 4) * layout.batch_stride()
                        + row % 4 * layout.row_pitch();
                    expected[at..at + 3].copy_from_slice(bytes);
                }
                assert_eq!(data, expected, "{step} {layout:?}");
            }
        }
    }
}

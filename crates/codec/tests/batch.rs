//! Files that are decoded together.

use pixelflume_codec::{
    DecodeError, DecodeOptions, EncodeOptions, FileBatch, Format, ImageFile, Limits, OpenImage,
    admit, decode, decode_all, encode,
};
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_ops::{Image, ImageView};

/// Files of images of these sizes, with one channel.
fn files(sizes: &[(u32, u32)]) -> Vec<Vec<u8>> {
    let file = |&(width, height): &(u32, u32)| {
        let image = Image::from_fn(width, height, 1, |x, y, _| (x * 7 + y * 3) as u8);
        let image = image.unwrap();
        encode(
            ImageView::from(&image),
            Format::Jpeg,
            &EncodeOptions::default(),
        )
    };
    sizes.iter().map(|size| file(size).unwrap()).collect()
}

fn within(max_batch_bytes: u64) -> DecodeOptions {
    DecodeOptions {
        limits: Limits {
            max_batch_bytes,
            ..Limits::default()
        },
        ..DecodeOptions::default()
    }
}

#[test]
fn results_are_in_the_order_of_the_files() {
    let mut files = files(&[(40, 30), (9, 9), (100, 70), (1, 1), (17, 50)]);
    files[1] = b"no image".to_vec();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    for options in [within(u64::MAX), within(1 << 20)] {
        let got = decode_all(&files, &options);
        for (index, (got, file)) in got.iter().zip(&files).enumerate() {
            match decode(file, &options) {
                Ok(expected) => assert_eq!(*got.as_ref().unwrap(), expected),
                Err(_) => {
                    assert_eq!(index, 1);
                    assert!(matches!(got, Err(DecodeError::Unknown { .. })), "{got:?}");
                }
            }
        }
    }
    assert!(decode_all(&[], &within(0)).is_empty());
}

/// Bytes of the image of a file, and those that decoding takes beside it.
fn bytes(file: &[u8]) -> (u64, u64) {
    let opened = OpenImage::of_bytes(file, &DecodeOptions::default()).unwrap();
    let image = opened.need().shape.bytes() as u64;
    (image, opened.need().bytes - image)
}

#[test]
fn images_beyond_the_bytes_of_a_batch_are_refused_by_their_headers() {
    let mut files = files(&[(40, 30), (100, 70), (10, 10), (50, 40), (10, 10)]);
    // What is behind the headers is not looked at.
    let length = files[1].len() - 30;
    files[1].truncate(length);
    let (_, most_beside) = bytes(&files[1]);
    let most = 1200 + 7000 + 100 + 99 + most_beside;
    for batch in [FileBatch::new, FileBatch::for_device] {
        let mut batch = batch(files.clone(), &within(most));
        let refused: Vec<usize> = (0..5).filter(|&file| batch.shape(file).is_none()).collect();
        assert_eq!(refused, [3, 4]);
        let decoded: Vec<usize> = batch.decode(&[4, 2, 1, 0]).iter().map(|of| of.0).collect();
        assert_eq!(decoded, [2, 1, 0]);
        let refusals = batch.take_refusals();
        let Some(DecodeError::BatchFull {
            bytes,
            beside,
            used,
            limit,
            ..
        }) = refusals[3]
        else {
            panic!("{:?}", refusals[3]);
        };
        assert_eq!(
            (bytes, beside, used, limit),
            (2000, most_beside, 8300, most)
        );
    }
}

#[test]
fn what_decoding_takes_beside_images_counts() {
    let file = write(Kind::Progressive, 4, 200);
    let (image, beside) = bytes(&file);
    assert!(beside > image, "{beside} for coefficients");
    // A file alone, with the numbers in its error.
    let results = decode_all(&[&file], &within(image + beside - 1));
    let error = results[0].as_ref().unwrap_err().to_string();
    let numbers = format!("takes up to {beside} beside, and a batch may take");
    assert!(error.contains(&numbers), "{error}");
    // One at a time is enough for all of them.
    let all = [file.as_slice(); 8];
    let results = decode_all(&all, &within(8 * image + beside));
    assert!(results.iter().all(Result::is_ok));
    let results = decode_all(&all, &within(8 * image + beside - 1));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 7);
}

#[test]
fn a_file_that_grew_since_its_header_was_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.pgm");
    let write = |width: usize| {
        let header = format!("P5 {width} 4 255\n");
        std::fs::write(&path, [header.into_bytes(), vec![7; width * 4]].concat()).unwrap();
    };
    let options = DecodeOptions::default();
    let need = || OpenImage::of_file(&path, &options).unwrap().need();
    write(10);
    let admission = admit(&[ImageFile::Path(&path)], &options);
    admission.check(0, &need()).unwrap();
    write(5);
    admission.check(0, &need()).unwrap();
    write(11);
    let error = admission.check(0, &need()).unwrap_err();
    assert!(
        matches!(error, DecodeError::Changed { shape, before, .. } if shape.width == 11 && before.width == 10),
        "{error}"
    );
    // Of no file of the admission.
    admission.check(1, &need()).unwrap();
}

//! Files that are decoded together.

use pixelflume_codec::{
    DecodeError, DecodeOptions, EncodeOptions, Format, ImageFile, Limits, admit, decode,
    decode_all, encode,
};
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
    // Without headers being read before, and with that.
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

#[test]
fn images_beyond_the_bytes_of_a_batch_are_refused_by_their_headers() {
    let mut files = files(&[(40, 30), (100, 70), (10, 10), (50, 40), (10, 10)]);
    // What is behind the headers is not looked at.
    let length = files[1].len() - 30;
    files[1].truncate(length);
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..files.len())
        .map(|number| folder.path().join(format!("{number}.jpg")))
        .collect();
    for (path, file) in paths.iter().zip(&files) {
        std::fs::write(path, file).unwrap();
    }
    let sources = [
        files.iter().map(|file| ImageFile::Bytes(file)).collect(),
        paths
            .iter()
            .map(|path| ImageFile::Path(path))
            .collect::<Vec<_>>(),
    ];
    for sources in sources {
        let admitted = admit(&sources, &within(1200 + 7000 + 100 + 99));
        let refused: Vec<usize> = (0..5).filter(|&file| admitted[file].is_err()).collect();
        assert_eq!(refused, [3, 4]);
        let Err(DecodeError::BatchFull {
            bytes, used, limit, ..
        }) = admitted[3]
        else {
            panic!("{:?}", admitted[3]);
        };
        assert_eq!((bytes, used, limit), (2000, 8300, 8399));
    }
}

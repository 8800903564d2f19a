//! A job that is broken off anywhere goes on where it was.

use crate::support::{alone, device, ends, image, png, random, results};
use pixelflume_ops::Image;
use pixelflume_runtime::{
    Batching, Content, Encoded, Images, Item, Job, Order, Position, Shuffle, StartError,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Epoch and index of an item, and its result.
type Outcome = ((u64, u64), Option<Image>);

/// The items that a job gives in at most `batches` batches, in order, and its position then.
fn part(job: Job, batches: usize) -> (Vec<Outcome>, Position) {
    let mut items = Vec::new();
    for batch in job.into_iter().take(batches) {
        let batch = batch.unwrap();
        items.extend(
            results(&batch)
                .into_iter()
                .map(|(key, image)| (key, Some(image))),
        );
        let failures = batch.failures().iter();
        items.extend(failures.map(|failure| ((failure.item.epoch, failure.item.index), None)));
    }
    let position = job.position();
    (items, position)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn the_parts_are_the_whole(
        first in 0usize..12,
        second in 0usize..12,
        count in 1u32..7,
        shuffled in any::<bool>(),
        unordered in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let (pipeline, device) = (random(), device());
        let images: Vec<Image> = (0..23).map(image).collect();
        let files: Vec<(String, Vec<u8>)> = images.iter().enumerate().map(|(number, image)| {
            let file = png(image);
            // Some fail when their header is read, and some when they are decoded.
            let file = match number % 10 { 4 => vec![0; 9], 7 => file[..file.len() - 20].to_vec(), _ => file };
            (number.to_string(), file)
        }).collect();
        let builder = |position: Option<Position>| {
            let mut builder = Job::builder(&pipeline, &device).batching(Batching::count(count)).epochs(2).workers(2);
            if shuffled {
                builder = builder.shuffle(Shuffle::windows(seed, 9));
            }
            if unordered {
                builder = builder.order(Order::Unordered);
            }
            if let Some(position) = position {
                // As a program keeps it.
                let text = serde_json::to_string(&position).unwrap();
                builder = builder.resume(serde_json::from_str(&text).unwrap());
            }
            builder.start(Encoded::new(files.clone())).unwrap()
        };
        let (whole, end) = part(builder(None), usize::MAX);
        prop_assert_eq!(end.taken(), 46);
        let (mut parts, position) = part(builder(None), first);
        prop_assert_eq!(position.taken(), parts.len() as u64);
        let (items, position) = part(builder(Some(position)), second);
        parts.extend(items);
        prop_assert_eq!(position.taken(), parts.len() as u64);
        let (items, position) = part(builder(Some(position)), usize::MAX);
        parts.extend(items);
        prop_assert_eq!(position, end);
        if !unordered {
            // A failed item that is a batch of its own comes where its batch would begin.
            let good = |items: &[Outcome]| {
                let good = items.iter().filter(|(_, image)| image.is_some());
                good.map(|(key, _)| *key).collect::<Vec<_>>()
            };
            prop_assert_eq!(good(&parts), good(&whole));
        }
        let whole: BTreeMap<_, _> = whole.into_iter().collect();
        let count = parts.len();
        let parts: BTreeMap<_, _> = parts.into_iter().collect();
        prop_assert_eq!(parts.len(), count);
        prop_assert_eq!(&parts, &whole);
        for ((epoch, index), result) in parts {
            if let Some(result) = result {
                prop_assert_eq!(result, alone(&pipeline, index, epoch, &images[index as usize]));
            }
        }
    }
}

#[test]
fn a_stream_is_resumed_by_reading_it_again() {
    let (pipeline, device) = (random(), device());
    let items =
        || (0..20).map(|number| Item::new(number.to_string(), Content::Image(image(number))));
    let builder = Job::builder(&pipeline, &device).batching(Batching::count(4));
    let job = builder.clone().start_stream(items()).unwrap();
    let (first, position) = part(job, 2);
    let (rest, _) = part(
        builder.resume(position).start_stream(items()).unwrap(),
        usize::MAX,
    );
    let keys: Vec<u64> = first.iter().chain(&rest).map(|(key, _)| key.1).collect();
    assert_eq!(keys, (0..20).collect::<Vec<_>>());
    for ((epoch, index), result) in rest {
        assert_eq!(
            result.unwrap(),
            alone(&pipeline, index, epoch, &image(index))
        );
    }
}

/// The largest places: the job ends there, and does not begin anew.
#[test]
fn a_position_at_the_end_of_all_numbers_ends_there() {
    let text = r#"{"items":3,"shuffle":null,"next":18446744073709551614,"taken":[]}"#;
    let position: Position = serde_json::from_str(text).unwrap();
    let given = ends(move || {
        let builder = Job::builder(&random(), &device()).resume(position);
        let builder = builder.epochs(u64::MAX);
        let job = builder.start(Images::new((0..3).map(image))).unwrap();
        let batches = job.into_iter().map(|batch| batch.unwrap().len());
        let given: usize = batches.sum();
        assert_eq!(job.position().taken(), u64::MAX);
        given
    });
    assert_eq!(given, 1);
}

#[test]
fn the_position_of_another_source_is_refused() {
    let images = |count| Images::new((0..count).map(image));
    let builder = Job::builder(&random(), &device());
    let position = builder.clone().start(images(3)).unwrap().position();
    let error = builder
        .clone()
        .resume(position.clone())
        .start(images(4))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the position cannot be resumed: it is of 3 items, and the source is 4 items"
    );
    let shuffled = builder.shuffle(Shuffle::all(1));
    let error = shuffled.resume(position).start(images(3)).unwrap_err();
    assert!(matches!(error, StartError::Position(_)), "{error}");
}

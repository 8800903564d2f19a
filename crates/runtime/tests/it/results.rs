//! Results equal those of each image alone, whatever the source and the batches.

use crate::support::{
    all, alone, device, device_of_one_thread, edges, image, png, random, resized, sized,
};
use pixelflume_ops::Image;
use pixelflume_ops::operators::AbsDiff;
use pixelflume_pipeline::{EngineConfig, ExecutionConfig, Pipeline, PipelineBuilder, Runner};
use pixelflume_runtime::{Batching, Content, Encoded, Files, Images, Item, Job, Order};
use std::path::PathBuf;
use std::time::Duration;

fn check(pipeline: &Pipeline, job: &Job, images: &[Image], failing: &[u64]) {
    let (results, failures) = all(job);
    assert_eq!(failures.keys().copied().collect::<Vec<_>>(), failing);
    let expected = (0..images.len() as u64).filter(|index| !failing.contains(index));
    assert_eq!(
        results.keys().map(|key| key.1).collect::<Vec<_>>(),
        expected.collect::<Vec<_>>()
    );
    for ((epoch, index), result) in &results {
        let expected = alone(pipeline, *index, *epoch, &images[*index as usize]);
        assert_eq!(*result, expected, "image {index}");
    }
}

#[test]
fn files_of_mixed_sizes_some_of_them_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let images: Vec<Image> = (0..40).map(image).collect();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, image) in images.iter().enumerate() {
        let mut file = png(image);
        match number {
            // No image, a damaged header, cut pixels.
            5 => file = b"no image".to_vec(),
            11 => file.truncate(20),
            23 => file.truncate(file.len() - 30),
            _ => {}
        }
        let path = folder.path().join(format!("{number:03}.png"));
        std::fs::write(&path, file).unwrap();
        paths.push(path);
    }
    std::fs::remove_file(&paths[31]).unwrap();
    for pipeline in [resized(), edges()] {
        for order in [Order::Kept, Order::Unordered] {
            let job = Job::builder(&pipeline, &device())
                .batching(Batching::count(7))
                .order(order);
            let job = job.workers(3).start(Files::new(&paths)).unwrap();
            check(&pipeline, &job, &images, &[5, 11, 23, 31]);
        }
    }
    let found = Files::of_folder(folder.path()).unwrap();
    let job = Job::builder(&resized(), &device()).start(found).unwrap();
    let (results, failures) = all(&job);
    assert_eq!((results.len(), failures.len()), (36, 3));
}

#[test]
fn bytes_images_and_tensors() {
    let (pipeline, device) = (resized(), device());
    let images: Vec<Image> = (0..30).map(image).collect();
    let builder = Job::builder(&pipeline, &device).batching(Batching::count(8));
    let job = builder.clone().start(Images::new(images.clone())).unwrap();
    check(&pipeline, &job, &images, &[]);
    let files = images.iter().enumerate();
    let files = files.map(|(number, image)| (format!("{number}"), png(image)));
    let job = builder.clone().start(Encoded::new(files)).unwrap();
    check(&pipeline, &job, &images, &[]);

    // Of all kinds in one stream.
    let items: Vec<Item> = images
        .iter()
        .enumerate()
        .map(|(number, image)| {
            let content = match number % 2 {
                0 => Content::Image(image.clone()),
                _ => Content::Bytes(png(image).into()),
            };
            Item::new(number.to_string(), content)
        })
        .collect();
    let job = builder.start_stream(items.into_iter()).unwrap();
    check(&pipeline, &job, &images, &[]);
}

#[test]
fn random_numbers_depend_on_index_and_epoch_alone() {
    let pipeline = random();
    let images: Vec<Image> = (0..20).map(image).collect();
    for (count, workers) in [(1, 1), (6, 2), (20, 3)] {
        let job = Job::builder(&pipeline, &device()).batching(Batching::count(count));
        let job = job
            .workers(workers)
            .epochs(3)
            .start(Images::new(images.clone()))
            .unwrap();
        let (results, failures) = all(&job);
        assert!(failures.is_empty());
        assert_eq!(results.len(), 60);
        for ((epoch, index), result) in &results {
            assert_eq!(
                *result,
                alone(&pipeline, *index, *epoch, &images[*index as usize])
            );
        }
    }
}

#[test]
fn first_index_and_epoch_of_the_engine_count() {
    let pipeline = random();
    let images: Vec<Image> = (0..4).map(image).collect();
    let config = EngineConfig::new().first_index(100).epoch(7);
    let job = Job::builder(&pipeline, &device()).engine(config).epochs(2);
    let (results, _) = all(&job.start(Images::new(images.clone())).unwrap());
    for ((epoch, index), result) in &results {
        assert_eq!(
            *result,
            alone(&pipeline, 100 + index, 7 + epoch, &images[*index as usize])
        );
    }
}

#[test]
fn an_empty_source_ends_at_once() {
    let job = Job::builder(&resized(), &device())
        .start(Images::default())
        .unwrap();
    assert!(job.next_batch().is_none());
    let job = Job::builder(&resized(), &device()).epochs(u64::MAX);
    assert!(job.start(Images::default()).unwrap().next_batch().is_none());
    let job = Job::builder(&resized(), &device())
        .start_stream(std::iter::empty())
        .unwrap();
    assert!(job.next_batch().is_none());
    assert!(job.next_batch().is_none());
}

#[test]
fn images_that_the_pipeline_refuses_fail_alone() {
    let pipeline = random();
    // Smaller than the crop.
    let images = [image(0), sized(1, 2, 2), image(2)];
    let job = Job::builder(&pipeline, &device())
        .start(Images::new(images.clone()))
        .unwrap();
    let (results, failures) = all(&job);
    assert_eq!(results.len(), 2);
    assert_eq!(failures.len(), 1);
    assert!(failures[&1].contains("cropped"), "{failures:?}");

    let two = Item {
        attached: None,
        name: "two".into(),
        inputs: vec![Content::Image(image(0)), Content::Image(image(1))],
    };
    let job = Job::builder(&pipeline, &device())
        .start_stream([two].into_iter())
        .unwrap();
    let (_, failures) = all(&job);
    assert_eq!(
        failures[&0],
        "it has 2 image(s), and the pipeline has 1 input(s)"
    );
}

#[test]
fn a_batch_is_closed_by_its_age() {
    let (send, receive) = std::sync::mpsc::channel::<Item>();
    let batching = Batching::count(64).within(Duration::from_millis(2));
    let job = Job::builder(&resized(), &device()).batching(batching);
    let job = job.start_stream(receive.into_iter()).unwrap();
    for number in 0..5 {
        // The next one is sent only when the last one has its result.
        send.send(Item::new(number.to_string(), Content::Image(image(number))))
            .unwrap();
        let batch = job.next_batch().unwrap().unwrap();
        assert_eq!(
            batch.items().map(|item| item.index).collect::<Vec<_>>(),
            [number]
        );
    }
    drop(send);
    assert!(job.next_batch().is_none());
}

#[test]
fn results_on_the_device_are_given_away() {
    let pipeline = resized();
    let images: Vec<Image> = (0..20).map(image).collect();
    let config = EngineConfig::new().device_outputs(true).max_batch(3);
    let job = Job::builder(&pipeline, &device())
        .engine(config)
        .start(Images::new(images.clone()))
        .unwrap();
    let mut kept = Vec::new();
    for batch in &job {
        let batch = batch.unwrap();
        assert!(batch.outputs().is_empty());
        let items: Vec<u64> = batch.items().map(|item| item.index).collect();
        kept.push((items, batch.into_tensors()));
    }
    drop(job);
    let mut count = 0;
    for (items, tensors) in kept {
        for (index, result) in items.into_iter().zip(tensors[0].to_images().unwrap()) {
            assert_eq!(result, alone(&pipeline, index, 0, &images[index as usize]));
            count += 1;
        }
    }
    assert_eq!(count, 20);
}

#[test]
fn sets_of_files_for_two_inputs() {
    let mut builder = PipelineBuilder::new("difference");
    let (left, right) = (
        builder.input("left").unwrap(),
        builder.input("right").unwrap(),
    );
    let node = builder.add("difference", AbsDiff::new()).unwrap();
    builder.connect(left, node).unwrap();
    builder.connect(right, node).unwrap();
    let pipeline = builder.build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: String, image: &Image| {
        let path = folder.path().join(name);
        std::fs::write(&path, png(image)).unwrap();
        path
    };
    let pairs: Vec<(Image, Image)> = (0..20)
        .map(|number| {
            let shape = image(number).shape();
            (
                image(number),
                sized(number + 100, shape.width, shape.height),
            )
        })
        .collect();
    let sets: Vec<Vec<PathBuf>> = pairs
        .iter()
        .enumerate()
        .map(|(number, (left, right))| {
            vec![
                write(format!("{number}l.png"), left),
                write(format!("{number}r.png"), right),
            ]
        })
        .collect();
    std::fs::write(&sets[7][1], "no image").unwrap();
    let job = Job::builder(&pipeline, &device()).batching(Batching::count(3));
    let (results, failures) = all(&job.start(Files::of_sets(sets)).unwrap());
    assert!(
        failures[&7].starts_with("input \"right\": "),
        "{failures:?}"
    );
    assert_eq!(results.len(), 19);
    let mut runner = Runner::new(pipeline, &device(), ExecutionConfig::default()).unwrap();
    for ((_, index), result) in &results {
        let (left, right) = &pairs[*index as usize];
        let outputs = runner.run_inputs(&[&[left], &[right]]).unwrap();
        assert_eq!(*result, outputs.images("difference").unwrap()[0]);
    }
}

#[test]
fn tensors_of_a_device_are_items() {
    let (pipeline, device) = (resized(), device());
    let images: Vec<Image> = (0..12).map(|number| sized(number, 16, 12)).collect();
    let config = EngineConfig::new().device_outputs(true).max_batch(1);
    let job = Job::builder(&pipeline, &device)
        .engine(config)
        .start(Images::new(images.clone()))
        .unwrap();
    let tensors = job
        .into_iter()
        .map(|batch| batch.unwrap().into_tensors().remove(0));
    let tensors: Vec<Item> = tensors
        .map(|tensor| Item::new("tensor", Content::Tensor(tensor)))
        .collect();
    drop(job);
    let other = device_of_one_thread();
    let job = Job::builder(&edges(), &device)
        .devices([other, device])
        .batching(Batching::count(5));
    let (results, failures) = all(&job.start_stream(tensors.into_iter()).unwrap());
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(results.len(), 12);
    for ((_, index), result) in results {
        let small = alone(&pipeline, index, 0, &images[index as usize]);
        assert_eq!(result, alone(&edges(), index, 0, &small));
    }
}

#[test]
fn batches_are_halved_where_memory_is_short() {
    let images: Vec<Image> = (0..64).map(|number| sized(number, 64, 64)).collect();
    for limit in [200 << 10, 400 << 10, 1 << 20] {
        let config = EngineConfig::new().memory_limit(limit);
        let job = Job::builder(&edges(), &device())
            .engine(config)
            .batching(Batching::count(32));
        let job = job.start(Images::new(images.clone())).unwrap();
        check(&edges(), &job, &images, &[]);
    }
    // Not even one image.
    let job = Job::builder(&edges(), &device()).engine(EngineConfig::new().memory_limit(8 << 10));
    let (results, failures) = all(&job.start(Images::new(images)).unwrap());
    assert_eq!((results.len(), failures.len()), (0, 64));
}

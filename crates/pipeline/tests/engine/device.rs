//! Results that stay on the device: bounded, ordered with the streams of consumers, and alive for as long as they are kept.

use crate::support::{Gate, SHAPE, blocked, copy_on, plain};
use pixelflume_device::{Device, HostConfig, Stream};
use pixelflume_memory::{MemoryConfig, MemoryManager, MemoryStatistics};
use pixelflume_pipeline::engine::{
    BatchState, Engine, EngineCache, EngineConfig, EngineFactory, Resource, Ring, Shutdown,
    SubmitError,
};
use pixelflume_pipeline::{DeviceTensor, OutputLease};
use pixelflume_scheduler::ExecutionMode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn config() -> EngineConfig {
    EngineConfig::new()
        .in_flight(1)
        .output_buffers(3)
        .max_batch(2)
        .device_outputs(true)
}

/// A device that finds missing waits, and an engine on it.
fn engine(gate: &Gate, config: EngineConfig) -> (Engine, MemoryManager) {
    let host = HostConfig::default().with_threads(4).with_checked(true);
    let memory = MemoryManager::new(&Device::host_with(host), MemoryConfig::default());
    let engine = Engine::with_memory(gate.pipeline(), &memory, &[SHAPE], config);
    (engine.unwrap(), memory)
}

fn next(engine: &Engine) -> OutputLease {
    engine.next().unwrap().unwrap()
}

fn values(tensor: &DeviceTensor) -> Vec<u8> {
    let images = tensor.to_images().unwrap();
    images.iter().map(|image| image.data()[7]).collect()
}

fn reserved(statistics: &MemoryStatistics) -> (usize, u64) {
    (statistics.device.reserved, statistics.device.driver_calls)
}

#[test]
fn a_lease_has_tensors_and_no_bytes() {
    let (engine, memory) = engine(&Gate::default(), config());
    assert!(engine.effective().device_outputs);
    engine.submit(&[&plain(20), &plain(21)]).unwrap();
    let lease = next(&engine);
    assert!(lease.output(0).is_none() && lease.get("gate").is_none());
    let [tensor] = lease.tensors() else {
        panic!("the pipeline has one output");
    };
    assert_eq!(
        (tensor.shape(), tensor.strides()),
        ([2, 2, 4, 1], [8, 4, 1, 1])
    );
    assert_eq!(values(tensor), [20, 21]);
    assert_eq!(lease.to_images("gate").unwrap(), [plain(20), plain(21)]);
    let error = lease.to_images("other").unwrap_err().to_string();
    assert_eq!(error, "there is no node \"other\"; there are: gate");
    drop((lease, engine));
    assert_eq!(memory.shutdown().unwrap(), []);

    let engine = Gate::default().engine(config().device_outputs(false));
    engine.submit(&[&plain(20)]).unwrap();
    let lease = next(&engine);
    assert!(lease.tensors().is_empty() && lease.into_tensors().is_empty());
}

#[test]
fn leases_are_bounded_and_tensors_that_are_taken_out_are_not() {
    let (engine, memory) = engine(&Gate::default(), config());
    let mut leases = Vec::new();
    for value in 20..23 {
        engine.submit(&[&plain(value)]).unwrap();
        leases.push(next(&engine));
    }
    let Err(SubmitError::Full(full)) = engine.try_submit(&[&plain(0)]) else {
        panic!("it is full");
    };
    assert_eq!(
        (full.resource, full.used, full.head_state),
        (Resource::Ring(Ring::Exported), 768, BatchState::Held)
    );
    let refused = engine.submit(&[&plain(0)]);
    assert!(matches!(
        refused,
        Err(SubmitError::Deadlock {
            held_by_leases: 3,
            ..
        })
    ));

    // Results that were taken out leave room, again and again.
    let mut kept = Vec::new();
    for value in 30..40 {
        kept.extend(leases.remove(0).into_tensors());
        engine.submit(&[&plain(value)]).unwrap();
        leases.push(next(&engine));
    }
    assert_eq!(engine.statistics().leases_high_water, 3);
    let report = engine.shutdown(Shutdown::Drain);
    assert_eq!(report.held, 3);
    drop(engine);
    // All of it outlives the engine, with its content.
    let held: Vec<_> = kept.iter().flat_map(values).collect();
    assert_eq!(held, [20, 21, 22, 30, 31, 32, 33, 34, 35, 36]);
    assert_eq!(values(&leases[2].tensors()[0]), [39]);
    thread::scope(|scope| {
        for tensor in kept {
            scope.spawn(move || drop(tensor));
        }
        scope.spawn(move || drop(leases));
    });
    assert_eq!(memory.statistics().device.in_use, 0);
    assert_eq!(memory.shutdown().unwrap(), []);
}

#[test]
fn a_drop_on_another_thread_wakes_the_producer() {
    let (engine, memory) = engine(&Gate::default(), config().in_flight(2));
    let (send, receive) = mpsc::channel::<OutputLease>();
    let before = reserved(&memory.statistics());
    thread::scope(|scope| {
        scope.spawn(move || {
            for (number, lease) in receive.into_iter().enumerate() {
                assert_eq!(values(&lease.tensors()[0]), [14 + number as u8]);
                // Some are given back as leases, some as tensors.
                if number % 3 == 0 {
                    drop(lease.into_tensors());
                }
            }
        });
        for number in 14..214 {
            engine.submit(&[&plain(number)]).unwrap();
            send.send(next(&engine).detach()).unwrap();
        }
        drop(send);
    });
    assert_eq!(engine.statistics().completed, 200);
    // Each of the two lanes may need blocks for all three results, and one that was taken out, of which there are three from the
    // start.
    let after = reserved(&memory.statistics());
    assert!(
        after.0 <= before.0 + 5 * 512 && after.1 <= before.1 + 5,
        "{before:?}, {after:?}"
    );
}

/// The consumer's stream is held up, and nobody waits on the host: the result is read before the next batch overwrites it.
fn read_in_a_busy_stream(execution: ExecutionMode) {
    let (engine, memory) = engine(
        &Gate::default(),
        config().output_buffers(1).execution(execution),
    );
    let mine = memory.device().stream().unwrap();
    let bytes = SHAPE.bytes();
    let mut copies = Vec::new();
    for round in 0..4_u8 {
        let open = blocked(&mine);
        let target = memory.allocate(bytes, &mine).unwrap();
        engine.submit(&[&plain(20 + round)]).unwrap();
        let lease = next(&engine);
        let tensor = &lease.tensors()[0];
        tensor.order_before(&mine).unwrap();
        copy_on(&mine, target.address(), tensor.address(), bytes);
        tensor.order_after(&mine).unwrap();
        let before = reserved(&memory.statistics());
        drop(lease);
        // It is computed in the same memory, behind the copy.
        engine.submit(&[&plain(60)]).unwrap();
        assert_eq!(
            reserved(&memory.statistics()),
            before,
            "no memory was allocated for it"
        );
        assert!(engine.try_next().is_none(), "the copy has not been made");
        open.send(()).unwrap();
        let lease = next(&engine);
        assert_eq!(values(&lease.tensors()[0]), [60]);
        copies.push(target);
    }
    for (round, copy) in copies.into_iter().enumerate() {
        let mut staging = memory.pinned(bytes).unwrap();
        copy.download(0, &mut staging, 0..bytes, &mine).unwrap();
        assert_eq!(staging.as_slice().unwrap(), [20 + round as u8; 8]);
    }
}

#[test]
fn a_busy_consumer_is_waited_for_on_the_device_alone() {
    read_in_a_busy_stream(ExecutionMode::Direct);
    read_in_a_busy_stream(ExecutionMode::Replay);
}

/// Whether a stream becomes idle in time.
fn becomes_idle(stream: &Stream) -> bool {
    let (done, over) = mpsc::channel();
    let stream = stream.clone();
    thread::spawn(move || done.send(stream.synchronize()));
    over.recv_timeout(Duration::from_secs(20))
        .is_ok_and(|waited| waited.is_ok())
}

#[test]
fn a_consumer_does_not_wait_for_later_batches() {
    let gate = Gate::default();
    // One place more than there are streams for results, so that the first one and the last one share a stream.
    let (engine, memory) = engine(&gate, config().output_buffers(33));
    engine.submit(&[&plain(20)]).unwrap();
    let lease = next(&engine);
    for value in 100..131 {
        engine.submit(&[&plain(value)]).unwrap();
        drop(next(&engine));
    }
    gate.set(true);
    engine.submit(&[&plain(21)]).unwrap(); // the same lane, the last place
    let mine = memory.device().stream().unwrap();
    lease.tensors()[0].order_before(&mine).unwrap();
    let in_time = becomes_idle(&mine);
    gate.set(false);
    assert!(in_time, "the stream waits for a batch that is later");
    assert_eq!(values(&next(&engine).tensors()[0]), [21]);
    assert_eq!(values(&lease.tensors()[0]), [20]);
}

#[test]
fn failures_come_in_their_place_and_give_the_memory_back() {
    let gate = Gate::default();
    let (engine, memory) = engine(&gate, config());
    for number in 0..12 {
        match number % 4 {
            1 => _ = engine.submit(&[&plain(13)]).unwrap(),
            2 => _ = engine.begin_batch().unwrap().fail("no such file").unwrap(),
            3 => {
                gate.panic(true);
                engine.submit(&[&plain(0)]).unwrap();
                gate.panic(false);
            }
            _ => _ = engine.submit(&[&plain(40 + number)]).unwrap(),
        }
        match engine.next().unwrap() {
            Ok(lease) => assert_eq!(values(&lease.tensors()[0]), [40 + number]),
            Err(failure) => assert_ne!(failure.batch.number() % 4, 0, "{failure}"),
        }
    }
    let statistics = engine.statistics();
    assert_eq!((statistics.completed, statistics.failed), (3, 9));
    // Two that nobody takes.
    engine.submit(&[&plain(1)]).unwrap();
    engine.submit(&[&plain(2)]).unwrap();
    assert_eq!(engine.shutdown(Shutdown::Cancel).cancelled.len(), 2);
    drop(engine);
    assert_eq!(memory.statistics().device.in_use, 0);
    assert_eq!(memory.shutdown().unwrap(), []);
}

#[test]
fn tensors_keep_the_memory_manager_of_their_engine() {
    let engine = Engine::new(
        Gate::default().pipeline(),
        &Device::host(),
        &[SHAPE],
        config(),
    )
    .unwrap();
    engine.submit(&[&plain(20)]).unwrap();
    let tensors = next(&engine).into_tensors();
    drop(engine);
    assert_eq!(values(&tensors[0]), [20]);
    // The pool still hands out memory, so it was not shut down under the tensor.
    let memory = tensors[0].memory();
    assert!(memory.allocate(8, tensors[0].stream()).is_ok());
}

#[test]
fn the_memory_of_results_is_counted_and_its_shortage_reported() {
    let pipeline = Gate::default().pipeline();
    let of = |limit: usize, config: EngineConfig| {
        let memory = MemoryConfig::default().with_limit(limit);
        let memory = MemoryManager::new(&Device::host(), memory);
        Engine::with_memory(pipeline.clone(), &memory, &[SHAPE], config)
    };
    let pinned = of(1 << 20, config().device_outputs(false))
        .unwrap()
        .statistics();
    let device = of(1 << 20, config()).unwrap().statistics();
    assert_eq!(device.device_bytes, pinned.device_bytes + 3 * 256);
    assert_eq!(device.pinned_bytes + 3 * 256, pinned.pinned_bytes);
    // Room for the lane, and not for three results beside it.
    let error = of(512 * 3, config()).unwrap_err();
    assert!(error.is_shortage(), "{error}");
    assert!(
        error.to_string().contains("results in device memory"),
        "{error}"
    );
}

#[test]
fn a_cache_of_engines_gives_tensors_of_all_shapes() {
    let gate = Gate::default();
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let factory = EngineFactory::new(gate.pipeline(), &memory, config()).unwrap();
    let images: Vec<_> = (0..30_u8)
        .map(|number| {
            let width = [4, 9, 5][number as usize % 3];
            pixelflume_pipeline::Image::from_fn(width, 2, 1, |_, _, _| 100 + number).unwrap()
        })
        .collect();
    let (cache, mut results) = EngineCache::new(&factory);
    let mut cache = cache.with_max_engines(2);
    let mut kept = Vec::new();
    thread::scope(|scope| {
        let images = &images;
        scope.spawn(move || {
            for (index, image) in images.iter().enumerate() {
                let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
                batch.push(&[image]).unwrap();
                batch.submit(index).unwrap();
            }
        });
        while let Some(batch) = results.next() {
            assert_eq!(batch.tag, kept.len());
            kept.extend(batch.result.unwrap().unwrap().into_tensors());
        }
    });
    // Most of their engines are gone.
    for (tensor, image) in kept.iter().zip(&images) {
        assert_eq!(tensor.to_images().unwrap(), std::slice::from_ref(image));
    }
    drop(kept);
    assert_eq!(memory.statistics().device.in_use, 0);
}

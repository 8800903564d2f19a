//! A small server: images of several clients are batched, preprocessed, and stay on the device for a model.
//!
//!     cargo run --release -p pixelflume --example serve --features image -- 127.0.0.1:7878
//!     cargo run --release -p pixelflume --example serve --features image -- --self-test
//!
//! A request is the length of an encoded image (PNG) as a little-endian `u32`, and the image. An answer is a byte (0: a
//! tensor, 1: an error), a length as a little-endian `u32`, and the tensor (f32, planes of 32 x 32 samples) or one line of
//! text. The answers of a connection come in the order of its requests, and a request that is no image disturbs no other.
//!
//! Everything is bounded: connections, bytes and pixels of an image, waiting images, batches, and the time that a client may
//! take.

use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::pipeline::engine::{CachedResult, EngineCache, EngineFactory};
use pixelflume::prelude::*;
use std::error::Error;
use std::io::{self, Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

const PIPELINE: &str = r#"
name = "serve"
[[node]]
name = "small"
op = "resize"
from = "input"
width = 32
height = 32
[[node]]
name = "tensor"
op = "normalize"
from = "small"
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
sample = "f32"
layout = "planar"
"#;
/// Connections at a time.
const MAX_CLIENTS: usize = 32;
/// Bytes of a request.
const MAX_BYTES: u32 = 4 << 20;
/// Pixels of a side of an image.
const MAX_SIDE: u32 = 2048;
/// Images that wait for a batch.
const MAX_WAITING: usize = 64;
/// Images of a batch.
const MAX_BATCH: u32 = 8;
/// The time that a client may take for a request, or to take an answer.
const PATIENCE: Duration = Duration::from_secs(10);

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;
/// The bytes of a tensor, or the reason why there is none.
type Answer = Result<Vec<u8>, String>;

/// A decoded image, and the place for its answer.
struct Job {
    image: Image,
    answer: Sender<Answer>,
}

fn main() -> Result<()> {
    let argument = std::env::args().nth(1);
    let device = Device::best();
    match argument.as_deref() {
        Some("--self-test") => self_test(&device),
        Some(address) => {
            let listener = TcpListener::bind(address)?;
            println!("{} on {device}", listener.local_addr()?);
            serve(&listener, &device, &AtomicBool::new(false))
        }
        None => {
            Err("name an address to listen at, for example 127.0.0.1:7878, or --self-test".into())
        }
    }
}

/// Accepts connections until `stop` is set and one more connection comes.
fn serve(listener: &TcpListener, device: &Device, stop: &AtomicBool) -> Result<()> {
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let pipeline = Pipeline::from_toml(PIPELINE, "serve.toml")?;
    let config = EngineConfig::new()
        .max_batch(MAX_BATCH)
        .device_outputs(true);
    let factory = EngineFactory::new(pipeline, &memory, config)?;
    let (cache, mut results) = EngineCache::new(&factory);
    let (jobs, waiting) = sync_channel(MAX_WAITING);
    let clients = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(move || batches(cache, &waiting));
        scope.spawn(move || {
            while let Some(batch) = results.next() {
                answer(batch);
            }
        });
        for stream in listener.incoming() {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let Ok(mut stream) = stream else { continue };
            if stream.set_write_timeout(Some(PATIENCE)).is_err() {
                continue;
            }
            if clients.fetch_add(1, Ordering::SeqCst) >= MAX_CLIENTS {
                clients.fetch_sub(1, Ordering::SeqCst);
                let full = Err(format!(
                    "{MAX_CLIENTS} clients are connected, come back later"
                ));
                let _ = send(&mut stream, &full);
                continue;
            }
            let (jobs, clients) = (jobs.clone(), &clients);
            scope.spawn(move || {
                // A connection that breaks concerns nobody else, and neither does a panic of a decoder.
                let _ = catch_unwind(AssertUnwindSafe(|| connection(&mut stream, &jobs)));
                clients.fetch_sub(1, Ordering::SeqCst);
            });
        }
        // The batches end with the last connection.
        drop(jobs);
    });
    Ok(())
}

/// Answers the requests of a connection one by one.
fn connection(stream: &mut TcpStream, jobs: &SyncSender<Job>) -> io::Result<()> {
    loop {
        let until = Instant::now() + PATIENCE;
        let mut length = [0; 4];
        receive_all(stream, &mut length, until)?;
        let length = u32::from_le_bytes(length);
        if length > MAX_BYTES {
            // What follows cannot be told from the next request, so this is the end.
            let error = format!("{length} bytes; an image has at most {MAX_BYTES}");
            return send(stream, &Err(error));
        }
        let mut bytes = vec![0; length as usize];
        receive_all(stream, &mut bytes, until)?;
        let answer = decode(&bytes).and_then(|image| {
            let (answer, answered) = channel();
            let gone = |_| "the server ends".to_owned();
            jobs.send(Job { image, answer }).map_err(|_| gone(()))?;
            answered.recv().map_err(|_| gone(()))?
        });
        send(stream, &answer)?;
    }
}

/// Fills `bytes`. A client that sends a little now and then runs out of time as well.
fn receive_all(stream: &mut TcpStream, mut bytes: &mut [u8], until: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => bytes = &mut bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<Image, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(64 << 20);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| error.to_string())?;
    Image::try_from(DynamicImage::from(image.into_rgb8())).map_err(|error| error.to_string())
}

fn send(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    let (status, bytes) = match answer {
        Ok(tensor) => (0, &tensor[..]),
        Err(error) => (1, error.as_bytes()),
    };
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&[status])?;
    stream.write_all(&length.to_le_bytes())?;
    stream.write_all(bytes)
}

/// Makes batches of the images that wait, as far as they have one shape. The engine pushes back where it is full.
fn batches(
    mut cache: EngineCache<'_, EngineFactory, Vec<Sender<Answer>>>,
    waiting: &Receiver<Job>,
) {
    let mut next = None;
    while let Some(first) = next.take().or_else(|| waiting.recv().ok()) {
        let shape = first.image.shape();
        let mut jobs = vec![first];
        while jobs.len() < MAX_BATCH as usize {
            match waiting.try_recv() {
                Ok(job) if job.image.shape() == shape => jobs.push(job),
                other => {
                    next = other.ok();
                    break;
                }
            }
        }
        let (images, answers): (Vec<_>, Vec<_>) =
            jobs.into_iter().map(|job| (job.image, job.answer)).unzip();
        if let Err(error) = submit(&mut cache, &images, answers.clone()) {
            answer_all(answers, &error.to_string());
        }
    }
}

fn submit(
    cache: &mut EngineCache<'_, EngineFactory, Vec<Sender<Answer>>>,
    images: &[Image],
    answers: Vec<Sender<Answer>>,
) -> Result<()> {
    let mut batch = cache.begin(&[images[0].shape()], images.len(), true)?;
    for image in images {
        batch.push(&[image])?;
    }
    batch.submit(answers)?;
    Ok(())
}

/// Answers the requests of a batch.
fn answer(batch: CachedResult<Vec<Sender<Answer>>>) {
    let lease = match batch.result {
        Some(Ok(lease)) => lease,
        Some(Err(failure)) => return answer_all(batch.tag, &failure.to_string()),
        None => return answer_all(batch.tag, "the engine has stopped"),
    };
    // Here a model would put its work on the tensor into a stream of its own, between `order_before` and `order_after`, and
    // drop the lease: nothing waits on the host. This server gives the tensor itself.
    match lease.tensors()[0].to_images() {
        Ok(tensors) => {
            for (answer, tensor) in batch.tag.into_iter().zip(tensors) {
                // A client may be gone.
                let _ = answer.send(Ok(tensor.data().to_vec()));
            }
        }
        Err(error) => answer_all(batch.tag, &error.to_string()),
    }
}

fn answer_all(answers: Vec<Sender<Answer>>, error: &str) {
    for answer in answers {
        let _ = answer.send(Err(error.to_owned()));
    }
}

/// Serves clients of this process, and compares what they get with a runner on the host.
fn self_test(device: &Device) -> Result<()> {
    const CLIENTS: u32 = 5;
    const REQUESTS: u32 = 12;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| -> Result<()> {
        let server = scope.spawn(|| serve(&listener, device, &stop));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || test_client(address, client, REQUESTS)))
            .collect();
        let mut results: Vec<Result<()>> = Vec::new();
        for client in clients {
            results.push(
                client
                    .join()
                    .unwrap_or_else(|_| Err("a client panicked".into())),
            );
        }
        stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(address)?);
        server
            .join()
            .unwrap_or_else(|_| Err("the server panicked".into()))?;
        results.into_iter().collect()
    })?;
    println!(
        "serve on {device}: {CLIENTS} clients got {REQUESTS} answers each, in order and equal to the host's, rubbish got error lines"
    );
    Ok(())
}

/// A client that sends images of several sizes, rubbish in between, and at last a length that is too large.
fn test_client(address: SocketAddr, client: u32, requests: u32) -> Result<()> {
    let pipeline = Pipeline::from_toml(PIPELINE, "serve.toml")?;
    let mut runner = Runner::new(pipeline, &Device::host(), ExecutionConfig::default())?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(6 * PATIENCE))?;
    for request in 0..requests {
        if request % 4 == 3 {
            let error = ask(&mut stream, b"this is no image")?.err();
            let error = error.ok_or("rubbish got a tensor")?;
            if error.is_empty() || error.contains('\n') {
                return Err(format!("no line of text: {error:?}").into());
            }
            continue;
        }
        let (width, height) =
            [(50, 40), (64, 33), (97, 120)][(request as usize + client as usize) % 3];
        let pixel = |x, y, c| (x * 3 + y * 5 + c * 70 + request * 11 + client * 29) as u8;
        let image = Image::from_fn(width, height, 3, pixel)?;
        let mut encoded = Cursor::new(Vec::new());
        DynamicImage::try_from(image.clone())?.write_to(&mut encoded, ImageFormat::Png)?;
        let got = ask(&mut stream, encoded.get_ref())??;
        let outputs = runner.run(&[&image])?;
        if outputs.images("tensor")?[0].data() != got {
            return Err(format!("client {client}: answer {request} differs").into());
        }
    }
    stream.write_all(&u32::MAX.to_le_bytes())?;
    match receive(&mut stream)? {
        Err(error) if error.contains("at most") => Ok(()),
        other => Err(format!("a request of 4 GiB got {other:?}").into()),
    }
}

fn ask(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<Answer> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_le_bytes())?;
    stream.write_all(bytes)?;
    receive(stream)
}

fn receive(stream: &mut TcpStream) -> io::Result<Answer> {
    let (mut status, mut length) = ([0; 1], [0; 4]);
    stream.read_exact(&mut status)?;
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut bytes)?;
    Ok(match status {
        [0] => Ok(bytes),
        _ => Err(String::from_utf8_lossy(&bytes).into_owned()),
    })
}

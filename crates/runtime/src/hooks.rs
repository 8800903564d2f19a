//! What a job asks its caller, and tells him, on its way.

use crate::error::BoxError;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::Engine;
use pixelflume_pipeline::engine::{Batching, EngineError, EngineFactory, EngineSource};
use pixelflume_scheduler::Trace;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Learns of the engines of a job, on the threads of its devices: to attach a trace to each, or to add up their counters.
pub trait EngineObserver: Send + Sync {
    /// An engine was made. It has had no batch yet. Does nothing by default.
    fn made(&self, engine: &Engine) {
        let _ = engine;
    }

    /// An engine has ended, and its statistics are complete. All engines of a job have when it is dropped. Does nothing by default.
    fn ended(&self, engine: &Engine) {
        let _ = engine;
    }
}

impl<O: EngineObserver + ?Sized> EngineObserver for Arc<O> {
    fn made(&self, engine: &Engine) {
        (**self).made(engine);
    }

    fn ended(&self, engine: &Engine) {
        (**self).ended(engine);
    }
}

/// Says whether an item with images of these shapes is wanted.
pub(crate) type Accept = dyn Fn(&[ImageShape]) -> Result<(), BoxError> + Send + Sync;

/// The code of the caller that a job calls beside source and sink.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) accept: Option<Arc<Accept>>,
    pub(crate) observer: Option<Arc<dyn EngineObserver>>,
    pub(crate) trace: Option<Trace>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("accept", &self.accept.is_some())
            .field("observer", &self.observer.is_some())
            .field("trace", &self.trace)
            .finish()
    }
}

/// Makes the engines of a device, and tells the observer of each.
#[derive(Debug)]
pub(crate) struct ObservedEngines {
    pub(crate) factory: EngineFactory,
    pub(crate) hooks: Hooks,
}

impl ObservedEngines {
    fn tell(&self, engine: &Engine, call: fn(&dyn EngineObserver, &Engine)) {
        if let Some(observer) = &self.hooks.observer
            && catch_unwind(AssertUnwindSafe(|| call(&**observer, engine))).is_err()
        {
            tracing::warn!("the observer of the engines of a job panicked");
        }
    }

    fn made(&self, engine: Engine) -> Engine {
        if let Some(trace) = &self.hooks.trace {
            engine.set_trace(Some(trace.clone()));
        }
        self.tell(&engine, |observer, engine| observer.made(engine));
        engine
    }
}

impl Deref for ObservedEngines {
    type Target = EngineFactory;

    fn deref(&self) -> &EngineFactory {
        &self.factory
    }
}

impl EngineSource for ObservedEngines {
    fn max_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.factory.max_frames(shapes)
    }

    fn batching(&self, shapes: &[ImageShape]) -> Batching {
        self.factory.batching(shapes)
    }

    fn max_tensor_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.factory.max_tensor_frames(shapes)
    }

    fn tensor_batching(&self, shapes: &[ImageShape]) -> Batching {
        self.factory.tensor_batching(shapes)
    }

    fn make(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let made = self.factory.make(shapes, frames, more_follow);
        made.map(|engine| self.made(engine))
    }

    fn make_mixed(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        bytes: usize,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let made = self.factory.make_mixed(shapes, frames, bytes, more_follow);
        made.map(|engine| self.made(engine))
    }

    fn finish(&self, engine: &Engine) {
        self.factory.finish(engine);
        self.tell(engine, |observer, engine| observer.ended(engine));
    }
}

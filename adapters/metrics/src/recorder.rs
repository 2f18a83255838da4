//! Where handles come from, and how long they are good for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder};
use tollgate::Timestamp;

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// The recorder that metrics go to.
pub(crate) enum Target {
    /// The one that is in place when a handle is asked for: the thread's own, or the process's.
    InPlace,
    /// This one.
    Given(Arc<dyn Recorder + Send + Sync>),
}

impl Target {
    pub(crate) fn with<T>(&self, f: impl FnOnce(&dyn Recorder) -> T) -> T {
        match self {
            Self::InPlace => metrics::with_recorder(f),
            Self::Given(recorder) => f(recorder),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InPlace => "InPlace",
            Self::Given(_) => "Given",
        })
    }
}

/// Whom to ask for handles at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) target: &'a Target,
    pub(crate) now: Timestamp,
    /// For how long a handle may be kept; `None` for ever.
    pub(crate) keep: Option<Duration>,
}

/// What a recorder hands out.
pub(crate) trait Handle {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self;
}

impl Handle for Counter {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_counter(key, &METADATA)
    }
}

impl Handle for Gauge {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_gauge(key, &METADATA)
    }
}

impl Handle for Histogram {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_histogram(key, &METADATA)
    }
}

/// A handle that is asked for at its first use, and kept.
///
/// An exporter that forgets a silent series cuts its handles off: what they count from then on is lost. So a handle is
/// kept for half of the exporter's idle timeout and then asked for anew, which gives the same series if it is still
/// there. It is used right after it is asked for, so its series cannot time out while it is kept.
#[derive(Debug)]
pub(crate) struct Cached<H>(Option<(Timestamp, H)>);

impl<H> Default for Cached<H> {
    fn default() -> Self {
        Self(None)
    }
}

impl<H: Handle> Cached<H> {
    pub(crate) fn get(&mut self, ask: Asking<'_>, key: impl FnOnce() -> Key) -> &H {
        let is_good = |asked: Timestamp| ask.keep.is_none_or(|keep| ask.now.since(asked) < keep);
        if !self.0.as_ref().is_some_and(|(asked, _)| is_good(*asked)) {
            self.0 = None;
        }
        let anew = || (ask.now, ask.target.with(|to| H::register(to, &key())));
        &self.0.get_or_insert_with(anew).1
    }
}

/// Handles of one metric, by the value of one of its labels.
///
/// Looked through one by one: there are a few.
#[derive(Debug)]
pub(crate) struct ByLabel<L, H>(Vec<(L, Cached<H>)>);

impl<L, H> Default for ByLabel<L, H> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<L: Copy + PartialEq, H: Handle> ByLabel<L, H> {
    /// Calls `f` with the handle for this value.
    pub(crate) fn with(
        &mut self,
        label: L,
        ask: Asking<'_>,
        key: impl FnOnce() -> Key,
        f: impl FnOnce(&H),
    ) {
        let known = self.0.iter_mut().find(|(known, _)| *known == label);
        if let Some((_, handle)) = known {
            f(handle.get(ask, key));
        } else {
            let mut handle = Cached::default();
            f(handle.get(ask, key));
            self.0.push((label, handle));
        }
    }
}

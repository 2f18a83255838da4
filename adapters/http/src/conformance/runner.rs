//! Runs the cases of a group, one after the other, and says what has become of them.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::conformance::cases;
use crate::conformance::door::Door;
use crate::conformance::house::Doors;

/// Cases about one matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Every row of the table of refusals.
    Refusals,
    /// Every way in which a request can name its tenant.
    Sources,
    /// What responses tell of limits.
    Headers,
    /// What a request costs in the end.
    Charges,
    /// When a request ends, whichever way it does.
    Endings,
    /// What hooks are told.
    Hooks,
    /// Connections, tenants that have to be loaded, and configs that change.
    Connections,
    /// Routes with gates of their own.
    Routes,
    /// Usage that is read from responses' bodies.
    Usage,
    /// A thousand clients that go away.
    Crowd,
}

/// One test for each [`Group`](crate::conformance::Group), which holds the given
/// [`Door`](crate::conformance::Door) to it; see the [suite](crate::conformance).
#[macro_export]
macro_rules! conformance_tests {
    ($door:expr) => {
        $crate::conformance_tests! { $door;
            refusals Refusals, sources Sources, headers Headers, charges Charges, endings Endings,
            hooks Hooks, connections Connections, routes Routes, usage Usage, crowd Crowd,
        }
    };
    ($door:expr; $($test:ident $group:ident,)*) => {
        $(
            #[test]
            fn $test() {
                let report = $crate::conformance::run($door, $crate::conformance::Group::$group);
                assert!(!report.cases.is_empty());
            }
        )*
    };
}

/// A promise, and how it is put to the test.
pub(super) struct Case {
    /// The promise.
    pub(super) name: &'static str,
    pub(super) run: fn(Doors) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// What has become of the cases of a group.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    /// The adapter.
    pub adapter: &'static str,
    /// The group.
    pub group: Group,
    /// The promises that were put to the test.
    pub cases: Vec<&'static str>,
}

/// How long one case may take: a server that hangs is a failure, and not a test that never ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs all cases of `group`, each on a runtime and a server of its own.
///
/// # Panics
/// If a case fails, after all have run; the message names the adapter and each case that failed, and why.
pub fn run(door: impl Door, group: Group) -> Report {
    record_spans();
    let adapter = door.name();
    let door: Arc<dyn Door> = Arc::new(door);
    let (mut cases, mut failures) = (Vec::new(), Vec::new());
    for case in cases::of(group) {
        cases.push(case.name);
        if let Err(why) = attempt(Doors::new(Arc::clone(&door)), case) {
            failures.push(format!("{adapter}: {}: {why}", case.name));
        }
    }
    let report = Report {
        adapter,
        group,
        cases,
    };
    eprintln!("{report}");
    let failed = failures.len();
    assert!(
        failures.is_empty(),
        "{failed} of {report} failed:\n{}",
        failures.join("\n")
    );
    report
}

/// Has spans made, once for the process: without a subscriber there are none to look at.
fn record_spans() {
    static RECORDED: OnceLock<()> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let spans = tracing_subscriber::registry().with(LevelFilter::INFO);
        spans
            .try_init()
            .expect("no other subscriber in this process");
    });
}

fn attempt(doors: Doors, case: &Case) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let playing = (case.run)(doors.clone());
    let outcome = runtime.block_on(async {
        let case = tokio::spawn(async move {
            playing.await;
            doors.audit().await;
        });
        tokio::time::timeout(PATIENCE, case).await
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    match outcome {
        Err(_) => Err(format!("not over after {PATIENCE:?}")),
        Ok(Err(error)) => Err(words(&*error.into_panic()).to_owned()),
        Ok(Ok(())) => Ok(()),
    }
}

/// What a panic said.
fn words(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    let text = owned.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} cases of {:?}",
            self.adapter,
            self.cases.len(),
            self.group
        )
    }
}

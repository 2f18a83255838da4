//! One run: servers, nodes, a load, what breaks meanwhile, and the audit at the end.

mod faults;
mod nodes;
mod options;
mod outcome;
mod proxy;
mod servers;
mod totals;
mod view;

use std::sync::Arc;
use std::thread;

use self::faults::Faults;
use self::nodes::{Folder, Nodes};
use self::proxy::Proxy;
use self::servers::Servers;
use crate::figures::nanos;
use crate::limiter::Setup;
use crate::node::Task;
use crate::{Failure, clock};

pub(crate) use self::options::{Options, Which};
pub(crate) use self::outcome::Outcome;
pub(crate) use self::view::View;

/// When what happens, by the machine's monotonic clock.
#[derive(Debug, Clone, Copy)]
struct Timeline {
    /// The first request.
    start: u64,
    /// From here on it is counted: a store that has just begun grants nothing for a second.
    warm: u64,
    /// The last request.
    end: u64,
}

impl Timeline {
    /// So many tenths of the whole have passed then.
    fn tenth(&self, tenths: u64) -> u64 {
        let whole = self.end.saturating_sub(self.start);
        let part = whole.saturating_mul(tenths).checked_div(10).unwrap_or(0);
        self.start.saturating_add(part)
    }
}

/// When a master of a cluster is gone: the middle third.
fn outage(time: Timeline) -> (u64, u64) {
    (time.tenth(3), time.tenth(7))
}

/// Does it all.
pub(crate) fn run(options: &Options, view: &View) -> Result<Outcome, Failure> {
    options.check()?;
    let mut servers = Servers::start(options)?;
    let proxy = options.needs_proxy().then(|| {
        let address = servers.address()?;
        Proxy::before(address, options.delay, options.seed)
    });
    let proxy = proxy.transpose()?;
    let urls = match &proxy {
        Some(proxy) => vec![proxy.url()],
        None => servers.urls(),
    };
    let folder = Folder::make()?;
    let time = options.timeline();
    let nodes = Nodes::new(options, &folder, time, task(options, urls, time));
    let nodes = Arc::new(nodes);
    nodes.start_all()?;
    let faults = Faults {
        options,
        time,
        nodes: &nodes,
        proxy: proxy.as_ref(),
        view,
    };
    thread::scope(|scope| {
        let broken = scope.spawn(|| faults.break_servers(&mut servers));
        let killed = scope.spawn(|| faults.kill_nodes());
        view.watch(&nodes, options, time);
        let ended = [broken.join(), killed.join()];
        ended.into_iter().try_for_each(|done| {
            done.unwrap_or_else(|_panic| Err("a thread that breaks things broke".into()))
        })
    })?;
    nodes.stop_all()?;
    Outcome::of(options, time, &nodes, &folder, &servers)
}

fn task(options: &Options, urls: Vec<String>, time: Timeline) -> Task {
    Task {
        node: 0,
        life: 0,
        setup: Setup {
            urls,
            tenants: options.tenants(),
            limit: options.limit,
            window: options.window,
            sub_windows: options.sub_windows,
            timeout: options.timeout,
        },
        rate: options.rate_of_node(),
        start_ns: time.start,
        seed: options.seed,
        log: std::path::PathBuf::new(),
    }
}

impl Options {
    fn timeline(&self) -> Timeline {
        // Nodes are processes: they take a moment to begin.
        let lead = 500_000_000_u64.saturating_add(u64::from(self.nodes).saturating_mul(30_000_000));
        let start = clock::now().saturating_add(lead);
        Timeline {
            start,
            warm: start.saturating_add(nanos(self.warm_up)),
            end: start.saturating_add(nanos(self.seconds)),
        }
    }
}

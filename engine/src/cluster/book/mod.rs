//! The store of shared limits, as a value: what becomes of a call, and no I/O.

mod bucket;
mod ledger;
mod moment;
mod rows;
mod tenant;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use crate::tenant_id::TenantId;

use self::moment::Moment;
use self::tenant::Account;
use super::{Call, Reply};

/// What a store of shared limits knows, and what becomes of a call.
///
/// It reads no clock: each call comes with what the store's clock says. A clone is a replica that lags; see
/// [`promoted`](Self::promoted).
///
/// # The rules
/// - **Rows.** A grant is charged to the row that it may be spent in; see [`Shape`](super::Shape). It is given only if
///   every window of rows that holds this row stays within the capacity, net of what came back.
/// - **Reports** are totals of a node and a row, merged by the maximum. What a node reports beyond what it was granted is a
///   debt, and counts even where nothing is free.
/// - **A wish** is granted up to its need as a whole, or not at all; beyond the need a node gets at most half of its part
///   of what is free, so that no node takes the last from those who need it. What the store has granted in that row
///   and the node does not know of is the grant of a reply that was lost: it counts towards the wish first.
/// - **Loss.** A store that finds no mark of its own run, or that of another, may have forgotten something. For twice the
///   heartbeat, and a second at least, it grants nothing and listens. A bucket is empty at that time.
/// - **Configs.** Of two generations the higher is in force, as long as a node that says so was heard of within three
///   heartbeats. Nodes of another generation are judged by what is in force, and get nothing if it counts in other rows.
///   When the rows change, what counted in the old ones is charged to the current new one, once. What nodes that
///   have not heard of the change hold of the old rows is part of that; they may spend it until they hear.
///
/// # Complexity
/// O(rows of a window + rows reported) for each limit of a call, in O(log n) steps among n tenants. What no longer counts
/// is forgotten: rows when the limit is called next, tenants when any is.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::Dimension;
/// use tollgate::cluster::{Ask, Book, Call, Shape, Want, When};
///
/// let call = Call {
///     tenant: "acme".parse()?,
///     node: 7,
///     heartbeat: Duration::from_millis(400),
///     asks: vec![Ask {
///         limit: "api".into(),
///         dimension: Dimension::Requests,
///         generation: 1,
///         shape: Shape::Sliding { step: 1_000_000, rows: 11 },
///         capacity: 100,
///         rows: vec![],
///         want: Some(Want { when: When::Now, known: 0, need: 1, most: 40 }),
///     }],
/// };
/// let mut book = Book::new(1);
/// let start = 1_000_000_000;
/// let reply = book.call(start, &call);
/// assert_eq!(reply.answers[0].not_before, start + 1_000_000, "it may have forgotten something");
/// let reply = book.call(start + 1_000_000, &call);
/// assert_eq!(reply.answers[0].rows[0].granted, 40);
/// let again = book.call(start + 1_000_001, &call);
/// assert_eq!(again.answers[0].rows[0].granted, 40, "the reply was lost: this is that grant");
/// # Ok::<(), tollgate::InvalidTenantId>(())
/// ```
#[derive(Debug, Clone)]
pub struct Book {
    /// Which life of the server this is.
    run: u64,
    marker: Option<Marker>,
    tenants: BTreeMap<TenantId, Account>,
    /// When each tenant may be forgotten.
    due: BTreeSet<(u64, TenantId)>,
}

/// That nothing is missing of what was granted by this run of the server since then.
#[derive(Debug, Clone, Copy)]
struct Marker {
    run: u64,
    /// `None` if nothing can have been granted before.
    since: Option<u64>,
}

impl Book {
    /// An empty store in a life of its server that is called `run`. It may have known something before.
    pub fn new(run: u64) -> Self {
        Self {
            run,
            marker: None,
            tenants: BTreeMap::new(),
            due: BTreeSet::new(),
        }
    }

    /// An empty store that never granted anything before: it need not listen before it grants.
    pub fn unwritten(run: u64) -> Self {
        let marker = Some(Marker { run, since: None });
        Self {
            marker,
            ..Self::new(run)
        }
    }

    /// Forgets everything, as a server does that is killed and started again without its data: in a life called `run`, or
    /// in the same one if somebody has emptied it.
    pub fn lose_everything(&mut self, run: u64) {
        *self = Self::new(run);
    }

    /// A replica that becomes the store, in its own life: what was granted after it was cloned is lost.
    #[must_use]
    pub fn promoted(self, run: u64) -> Self {
        Self { run, ..self }
    }

    /// How many tenants it knows something of.
    pub fn tenants(&self) -> usize {
        self.tenants.len()
    }

    /// Takes in what a node says, grants what it wants if that fits, and answers, when the store's clock says `now`.
    ///
    /// A call that is repeated, late or overtaken does no harm.
    pub fn call(&mut self, now: u64, call: &Call) -> Reply {
        let since = self.since(now);
        self.forget(now);
        let mut account = self.open(&call.tenant);
        let moment = Moment::of(now, since, call);
        let (nodes, answers) = account.hear(&moment, &call.asks);
        let due = account.due();
        self.due.insert((due, call.tenant.clone()));
        self.tenants.insert(call.tenant.clone(), account);
        Reply {
            now,
            run: self.life(since),
            nodes,
            answers,
        }
    }

    /// When this life of the store began to know everything, if there was one before.
    fn since(&mut self, now: u64) -> Option<u64> {
        let run = self.run;
        let marker = self.marker.filter(|marker| marker.run == run);
        let since = Some(now);
        self.marker
            .insert(marker.unwrap_or(Marker { run, since }))
            .since
    }

    /// A server that was emptied and lives on has lost as much as one that was killed.
    fn life(&self, since: Option<u64>) -> u64 {
        self.run ^ since.unwrap_or(0).rotate_left(32)
    }

    fn open(&mut self, tenant: &TenantId) -> Account {
        let account = self.tenants.remove(tenant).unwrap_or_default();
        self.due.remove(&(account.due(), tenant.clone()));
        account
    }

    fn forget(&mut self, now: u64) {
        while let Some((due, tenant)) = self.due.pop_first() {
            if due > now {
                self.due.insert((due, tenant));
                break;
            }
            self.tenants.remove(&tenant);
        }
    }
}

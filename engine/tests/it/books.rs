//! The machine's twin: for each limit a plain log of what was admitted, which outlives its shape.
//!
//! Where the engine may err on the side of the limit, and says so in its limitations, the book keeps two logs:
//! `upper` admits as much as the promises allow, `lower` as little. Where it need not err they are equal and the
//! engine must answer exactly as they do.

use std::collections::HashSet;

use tollgate::{Cost, Denial, DenialReason, LimitUsage, Usage};

use crate::drive::Witness;
use crate::model::{Entry, Twin, When};
use crate::world::{Rule, SECOND, Shape};

/// One limit's logs.
#[derive(Debug)]
struct Book {
    upper: Twin,
    lower: Twin,
    /// The permits that were charged to it.
    counted: HashSet<usize>,
    /// Of those, the ones that were charged in an earlier shape.
    reshaped: HashSet<usize>,
    /// Something was given back of which the engine may give back less.
    loose: bool,
    /// Until then it counts a past of which only the engine knows how much it is: a bucket's, in a window.
    vague_until: u64,
}

impl Book {
    fn new(rule: &Rule, now: u64) -> Self {
        Self {
            upper: Twin::new(rule, now, true),
            lower: Twin::new(rule, now, false),
            counted: HashSet::new(),
            reshaped: HashSet::new(),
            loose: false,
            vague_until: 0,
        }
    }

    fn rule(&self) -> &Rule {
        &self.upper.rule
    }

    fn is_bucket(&self) -> bool {
        matches!(self.rule().shape, Shape::Bucket { .. })
    }

    fn is_exact(&self, now: u64) -> bool {
        !self.loose && now >= self.vague_until
    }

    /// Where the strictest reading has nothing left on it, neither has any other: what was loose is exact again.
    fn meet(&mut self, now: u64) {
        if self.loose && now >= self.vague_until && self.lower.full(now) {
            self.upper.entries.clone_from(&self.lower.entries);
            (self.upper.began, self.upper.lacking) = (self.lower.began, self.lower.lacking);
            self.loose = false;
        }
    }

    fn each(&mut self, act: impl Fn(&mut Twin)) {
        act(&mut self.upper);
        act(&mut self.lower);
    }

    fn admit(&mut self, permit: usize, at: u64, amount: u64) {
        self.counted.insert(permit);
        let entry = Entry {
            at,
            amount,
            permit,
            released: false,
        };
        self.each(|twin| twin.entries.push(entry));
    }

    fn settle(&mut self, permit: usize, at: u64, reserved: u64, actual: u64) {
        let idle = self.rule().shape == Shape::Slots || !self.counted.contains(&permit);
        if idle || actual == reserved {
            return;
        }
        let own = |twin: &mut Twin, amount: u64| {
            let entries = twin.entries.iter_mut();
            entries
                .filter(|entry| entry.permit == permit)
                .for_each(|entry| entry.amount = amount);
        };
        let reshaped = self.reshaped.contains(&permit);
        if actual > reserved && (reshaped || self.is_bucket()) {
            // Debt that is paid from now on.
            let debt = Entry {
                at,
                amount: actual - reserved,
                permit: 0,
                released: false,
            };
            self.each(|twin| twin.entries.push(debt));
        } else if actual < reserved && (reshaped || self.is_bucket()) {
            self.loose = true;
            self.give_back(permit, reserved - actual);
            own(&mut self.upper, actual);
        } else {
            self.each(|twin| own(twin, actual));
        }
    }

    /// A bucket that has changed its rate since knows what it lacked, and no longer who took it.
    fn give_back(&mut self, permit: usize, amount: u64) {
        let known = self
            .upper
            .entries
            .iter()
            .any(|entry| entry.permit == permit);
        if let (false, Shape::Bucket { window, .. }) = (known, self.rule().shape) {
            let units = i128::from(amount) * i128::from(window);
            self.upper.lacking = std::cmp::max(0, self.upper.lacking - units);
        }
    }

    fn release(&mut self, permit: usize) {
        self.each(|twin| {
            let entries = twin.entries.iter_mut();
            entries
                .filter(|entry| entry.permit == permit)
                .for_each(|entry| entry.released = true);
        });
    }

    /// The limit is `rule` from `now` on.
    fn swap(&mut self, rule: &Rule, now: u64) {
        self.meet(now);
        let old = self.rule().clone();
        match (old.shape, rule.shape) {
            (Shape::Slots, Shape::Slots) => {}
            (Shape::Slots, _) | (_, Shape::Slots) => return *self = Self::new(rule, now),
            (Shape::Bucket { window, burst }, Shape::Bucket { window: next, .. }) => {
                self.each(|twin| {
                    let brim = i128::from(burst) * i128::from(window);
                    let lacks = (brim - twin.level(now)) * i128::from(next);
                    // What a window of another length can't say exactly is rounded up.
                    twin.lacking =
                        lacks / i128::from(window) + i128::from(lacks % i128::from(window) > 0);
                    twin.began = now;
                    twin.entries.clear();
                });
            }
            (Shape::Bucket { .. }, _) => {
                self.each(|twin| twin.entries.clear());
                self.reshape();
                self.vague_until = leaves(rule, now);
            }
            (from, to) if from == to || same_rows(&old, rule) => {}
            _ => {
                self.each(|twin| redate(twin, now));
                self.reshape();
                if now < self.vague_until {
                    self.vague_until = leaves(rule, now);
                }
            }
        }
        self.each(|twin| twin.rule = rule.clone());
    }

    fn reshape(&mut self) {
        self.reshaped.extend(&self.counted);
    }

    fn look(&mut self, now: u64, clock: u64, level: LimitUsage<'_>) {
        self.meet(now);
        if self.is_exact(now) {
            return self.upper.check_level(now, clock, level);
        }
        let least = if now < self.vague_until {
            0
        } else {
            self.lower.remaining(now)
        };
        let bounds = least..=self.upper.remaining(now);
        assert!(
            bounds.contains(&level.remaining),
            "{level:?}, {bounds:?} at {now}: {self:?}"
        );
    }
}

/// Whether two windows count in the same rows.
fn same_rows(a: &Rule, b: &Rule) -> bool {
    match (a.shape, b.shape) {
        (Shape::Sliding { parts, .. }, Shape::Sliding { parts: others, .. }) => {
            parts == others && a.row() == b.row()
        }
        _ => false,
    }
}

/// When a window has nothing left of what it is charged at `now`.
fn leaves(rule: &Rule, now: u64) -> u64 {
    match rule.shape {
        Shape::Sliding { parts, .. } => (now / rule.row() + parts + 1) * rule.row(),
        Shape::Minute => (now / (60 * SECOND) + 1) * 60 * SECOND,
        Shape::Hour => (now / (3_600 * SECOND) + 1) * 3_600 * SECOND,
        Shape::Bucket { .. } | Shape::Slots => u64::MAX,
    }
}

/// A window knows of its past only the rows: what still counts is carried on as of the row's last instant.
fn redate(twin: &mut Twin, now: u64) {
    let (row, shape) = (twin.rule.row(), twin.rule.shape);
    twin.entries.retain(|entry| match shape {
        Shape::Sliding { parts, .. } => entry.at / row + parts >= now / row,
        _ => entry.at / row == now / row,
    });
    for entry in &mut twin.entries {
        entry.at = match shape {
            Shape::Sliding { .. } => std::cmp::min((entry.at / row + 1) * row - 1, now),
            _ => now,
        };
    }
    twin.began = twin.entries.first().map_or(now, |entry| entry.at);
    twin.lacking = 0;
}

/// All limits' books, and whether the tenant is served at all.
#[derive(Debug)]
pub(crate) struct Books {
    // A parent's books come here, to be asked with these and settled with them.
    books: Vec<Book>,
    /// Why every request is refused, if that is so.
    pub(crate) closed: Option<DenialReason>,
    pub(crate) denials: usize,
    pub(crate) exact: usize,
}

impl Books {
    pub(crate) fn new(rules: &[Rule], now: u64) -> Self {
        Self {
            books: rules.iter().map(|rule| Book::new(rule, now)).collect(),
            closed: None,
            denials: 0,
            exact: 0,
        }
    }

    /// The tenant was evicted and loaded again: as good as new.
    pub(crate) fn begin_again(&mut self, rules: &[Rule], now: u64) {
        self.books = rules.iter().map(|rule| Book::new(rule, now)).collect();
    }

    pub(crate) fn swap(&mut self, rules: &[Rule], now: u64) {
        let mut old = std::mem::take(&mut self.books);
        for rule in rules {
            let same = |book: &Book| {
                (&book.rule().name, &book.rule().dimension) == (&rule.name, &rule.dimension)
            };
            let known = old.iter().position(same).map(|at| old.swap_remove(at));
            let mut book = known.unwrap_or_else(|| Book::new(rule, now));
            book.swap(rule, now);
            self.books.push(book);
        }
    }

    pub(crate) fn reset(&mut self, now: u64) {
        for book in &mut self.books {
            if book.rule().shape != Shape::Slots {
                *book = Book::new(&book.rule().clone(), now);
            }
        }
    }

    /// Whether the tenant may be evicted, and whether it must be; nothing of it is out.
    pub(crate) fn is_idle(&self, now: u64) -> (bool, bool) {
        let may = self.books.iter().all(|book| book.upper.full(now));
        let must = |book: &Book| now >= book.vague_until && book.lower.full(now);
        (may, self.books.iter().all(must))
    }

    /// The latest of the limits' answers.
    fn verdict<'b>(twins: impl Iterator<Item = &'b Twin>, now: u64, cost: &Cost) -> When {
        let order = |when: &When| match *when {
            When::Now => (0, 0),
            When::At(at) => (1, at),
            When::Freed => (2, 0),
            When::Never => (3, 0),
        };
        let answers = twins.map(|twin| twin.when(now, cost.get(&twin.rule.dimension)));
        answers.max_by_key(order).unwrap_or(When::Now)
    }
}

impl Witness for Books {
    fn admitted(&mut self, permit: usize, at: u64, cost: &Cost) {
        assert_eq!(self.closed, None, "{cost} was admitted at {at}");
        let verdict = Self::verdict(self.books.iter().map(|book| &book.upper), at, cost);
        assert_eq!(verdict, When::Now, "{cost} was admitted at {at}: {self:?}");
        for book in &mut self.books {
            book.admit(permit, at, cost.get(&book.upper.rule.dimension));
        }
    }

    fn denied(&mut self, at: u64, denial: &Denial<'_>) {
        self.denials += 1;
        if let Some(reason) = self.closed {
            return assert_eq!(denial.reason(), reason);
        }
        if self.books.iter().any(|book| at < book.vague_until) {
            return;
        }
        self.books.iter_mut().for_each(|book| book.meet(at));
        let lower = self.books.iter().map(|book| &book.lower);
        let verdict = Self::verdict(lower, at, denial.cost());
        assert_ne!(verdict, When::Now, "{denial} at {at}: {self:?}");
        if !self.books.iter().all(|book| book.is_exact(at)) {
            return;
        }
        self.exact += 1;
        let stated = match denial.reason() {
            DenialReason::Quota => When::At(denial.retry_at().unwrap().as_nanos()),
            DenialReason::InUse => When::Freed,
            DenialReason::Never => When::Never,
            other => panic!("{other:?}"),
        };
        assert_eq!(stated, verdict, "{denial} at {at}: {self:?}");
    }

    fn settled(&mut self, permit: usize, at: u64, reserved: &Cost, actual: &Cost) {
        for book in &mut self.books {
            let dimension = &book.upper.rule.dimension;
            if let Some(actual) = actual.named_amount(dimension) {
                book.settle(permit, at, reserved.get(dimension), actual);
            }
        }
    }

    fn released(&mut self, permit: usize, _at: u64) {
        self.books.iter_mut().for_each(|book| book.release(permit));
    }

    fn looked(&mut self, at: u64, usage: &Usage) {
        assert_eq!(usage.iter().count(), self.books.len());
        for (level, book) in usage.iter().zip(&mut self.books) {
            book.look(at, usage.at().as_nanos(), level);
        }
    }
}

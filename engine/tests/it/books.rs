//! The machine's twin: a log for each limit, and whether the tenant is served at all.

use tollgate::{Cost, Denial, DenialReason, Usage};

use crate::book::Book;
use crate::drive::Witness;
use crate::model::{Twin, When};
use crate::world::{Rule, Shape};

/// All limits' books, and whether the tenant is served at all.
#[derive(Debug)]
pub(crate) struct Books {
    own: Vec<Book>,
    /// Why every request is refused, if that is so.
    pub(crate) closed: Option<DenialReason>,
    pub(crate) denials: usize,
    pub(crate) exact: usize,
}

impl Books {
    pub(crate) fn new(rules: &[Rule], now: u64) -> Self {
        Self {
            own: rules.iter().map(|rule| Book::new(rule, now)).collect(),
            closed: None,
            denials: 0,
            exact: 0,
        }
    }

    /// The tenant was evicted and loaded again: as good as new.
    pub(crate) fn begin_again(&mut self, rules: &[Rule], now: u64) {
        self.own = rules.iter().map(|rule| Book::new(rule, now)).collect();
    }

    pub(crate) fn swap(&mut self, rules: &[Rule], now: u64) {
        let mut old = std::mem::take(&mut self.own);
        for rule in rules {
            let same = |book: &Book| {
                (&book.rule().name, &book.rule().dimension) == (&rule.name, &rule.dimension)
            };
            let known = old.iter().position(same).map(|at| old.swap_remove(at));
            let mut book = known.unwrap_or_else(|| Book::new(rule, now));
            book.swap(rule, now);
            self.own.push(book);
        }
    }

    pub(crate) fn reset(&mut self, now: u64) {
        for book in &mut self.own {
            if book.rule().shape != Shape::Slots {
                *book = Book::new(&book.rule().clone(), now);
            }
        }
    }

    /// Whether the tenant may be evicted, and whether it must be; nothing of it is out.
    pub(crate) fn is_idle(&self, now: u64) -> (bool, bool) {
        let may = self.own.iter().all(|book| book.upper.full(now));
        let must = |book: &Book| now >= book.vague_until && book.lower.full(now);
        (may, self.own.iter().all(must))
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
        let verdict = Self::verdict(self.own.iter().map(|book| &book.upper), at, cost);
        assert_eq!(verdict, When::Now, "{cost} was admitted at {at}: {self:?}");
        for book in &mut self.own {
            book.admit(permit, at, cost.get(&book.upper.rule.dimension));
        }
    }

    fn denied(&mut self, at: u64, denial: &Denial<'_>) {
        self.denials += 1;
        if let Some(reason) = self.closed {
            return assert_eq!(denial.reason(), reason);
        }
        if self.own.iter().any(|book| at < book.vague_until) {
            return;
        }
        self.own.iter_mut().for_each(|book| book.meet(at));
        let lower = self.own.iter().map(|book| &book.lower);
        let verdict = Self::verdict(lower, at, denial.cost());
        assert_ne!(verdict, When::Now, "{denial} at {at}: {self:?}");
        if !self.own.iter().all(|book| book.is_exact(at)) {
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
        for book in &mut self.own {
            let dimension = &book.upper.rule.dimension;
            if let Some(actual) = actual.named_amount(dimension) {
                book.settle(permit, at, reserved.get(dimension), actual);
            }
        }
    }

    fn released(&mut self, permit: usize, _at: u64) {
        self.own.iter_mut().for_each(|book| book.release(permit));
    }

    fn looked(&mut self, at: u64, usage: &Usage) {
        assert_eq!(usage.iter().count(), self.own.len());
        for (level, book) in usage.iter().zip(&mut self.own) {
            book.look(at, usage.at().as_nanos(), level);
        }
    }
}

//! The store: a real book, which may stand still, lose all, or be replaced by an old copy.

use tollgate::cluster::{Book, Call, Reply};

/// The book of a run, and a copy.
#[derive(Debug)]
pub(super) struct Store {
    book: Book,
    copy: Option<Book>,
    run: u64,
    /// What its clock says at time 0, in nanoseconds since 1970.
    began: u64,
    /// It stands still until then.
    silent: u64,
    /// Whether calls that arrive meanwhile are read afterwards.
    waits: bool,
}

/// What becomes of a call that arrives.
pub(super) enum Heard {
    Answered(Reply),
    /// It is read at this time.
    Later(u64),
    Lost,
}

impl Store {
    pub(super) fn new(began: u64) -> Self {
        Self {
            book: Book::new(1),
            copy: None,
            run: 1,
            began,
            silent: 0,
            waits: false,
        }
    }

    pub(super) fn hear(&mut self, now: u64, call: &Call) -> Heard {
        if now >= self.silent {
            return Heard::Answered(self.book.call((self.began + now) / 1_000, call));
        }
        if self.waits {
            Heard::Later(self.silent)
        } else {
            Heard::Lost
        }
    }

    pub(super) fn fall_silent(&mut self, until: u64, waits: bool) {
        if until > self.silent {
            self.silent = until;
            self.waits = waits;
        }
    }

    pub(super) fn lose_everything(&mut self) {
        self.run += 1;
        self.book.lose_everything(self.run);
    }

    pub(super) fn copy(&mut self) {
        self.copy = Some(self.book.clone());
    }

    /// The copy takes its place.
    pub(super) fn promote(&mut self) {
        self.run += 1;
        if let Some(copy) = self.copy.take() {
            self.book = copy.promoted(self.run);
        }
    }
}

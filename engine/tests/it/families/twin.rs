//! The families' twin: a plain log for each limit of each tenant, and a request is one entry in every log of its
//! line.

use proptest::prelude::*;
use tollgate::{
    Cost, Denial, DenialReason, Enforcement, LimitConfig, MatchConfig, Scope, TenantConfig, Usage,
};

use crate::book::Book;
use crate::model::When;
use crate::world::{Rule, Shape, id, rules};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Nothing,
    Gpt4,
}

impl About {
    pub(super) fn scope(self) -> Scope<'static> {
        let model = (self == Self::Gpt4).then_some("gpt-4o");
        Scope {
            model,
            ..Scope::default()
        }
    }
}

/// A limit, which may be only for some requests, or only watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) rule: Rule,
    pub(super) only_gpt4: bool,
    pub(super) shadow: bool,
}

impl Term {
    fn config(&self) -> LimitConfig {
        let mut config = self.rule.config();
        if self.only_gpt4 {
            let mut only = MatchConfig::default();
            only.models.push("gpt-4*".to_owned());
            config = config.only_for(only);
        }
        if self.shadow {
            config.enforcement = Enforcement::Shadow;
        }
        config
    }

    /// Whether it may change its shape: of a limit that watches all must be known exactly.
    pub(super) fn is_plain(&self) -> bool {
        !self.rule.name.starts_with('w')
    }
}

/// Limits of any kind for one tenant.
pub(super) fn terms() -> impl Strategy<Value = Vec<Term>> {
    let plain = rules().prop_map(|rules| rules.into_iter().take(2).collect::<Vec<_>>());
    let plain = (plain, any::<[bool; 2]>(), 0..4_u8).prop_map(|(rules, only, kind)| {
        let terms = rules.into_iter().zip(only);
        let terms = terms.map(move |(rule, only)| Term {
            rule,
            only_gpt4: only && kind == 0,
            shadow: false,
        });
        terms.collect::<Vec<_>>()
    });
    let watching = (rules(), any::<bool>(), any::<bool>(), 0..3_u8);
    let watching = watching.prop_map(|(rules, only_gpt4, shadow, kind)| {
        let mut rule = rules[0].clone();
        "watch".clone_into(&mut rule.name);
        if matches!(rule.shape, Shape::Bucket { .. } | Shape::Slots) {
            rule.shape = Shape::Minute;
        }
        (kind == 0).then_some(Term {
            rule,
            only_gpt4,
            shadow,
        })
    });
    (plain, watching).prop_map(|(mut terms, watching)| {
        terms.extend(watching);
        terms
    })
}

pub(super) fn config_of(node: usize, parent: Option<usize>, terms: &[Term]) -> TenantConfig {
    let named = |node: usize| id(&format!("n{node}"));
    let tenant = TenantConfig::new(named(node));
    let mut tenant = terms
        .iter()
        .map(Term::config)
        .fold(tenant, TenantConfig::limit);
    tenant.parent = parent.map(named);
    tenant
}

/// One tenant of the tree.
#[derive(Debug)]
pub(super) struct Logs {
    pub(super) terms: Vec<Term>,
    books: Vec<Book>,
    pub(super) suspended: bool,
}

impl Logs {
    pub(super) fn new(terms: &[Term], now: u64) -> Self {
        Self {
            books: terms
                .iter()
                .map(|term| Book::new(&term.rule, now))
                .collect(),
            terms: terms.to_vec(),
            suspended: false,
        }
    }

    pub(super) fn swap(&mut self, terms: &[Term], now: u64) {
        let mut old = std::mem::take(&mut self.books);
        for Term { rule, .. } in terms {
            let same = |book: &Book| {
                (&book.rule().name, &book.rule().dimension) == (&rule.name, &rule.dimension)
            };
            let known = old.iter().position(same).map(|at| old.swap_remove(at));
            let mut book = known.unwrap_or_else(|| Book::new(rule, now));
            book.swap(rule, now);
            self.books.push(book);
        }
        self.terms = terms.to_vec();
    }

    pub(super) fn reset(&mut self, now: u64) {
        for book in self
            .books
            .iter_mut()
            .filter(|book| book.rule().shape != Shape::Slots)
        {
            *book = Book::new(&book.rule().clone(), now);
        }
    }

    pub(super) fn settle(&mut self, permit: usize, at: u64, reserved: &Cost, actual: &Cost) {
        for book in &mut self.books {
            let dimension = book.rule().dimension.clone();
            if let Some(actual) = actual.named_amount(&dimension) {
                book.settle(permit, at, reserved.get(&dimension), actual);
            }
        }
    }

    pub(super) fn release(&mut self, permit: usize) {
        self.books.iter_mut().for_each(|book| book.release(permit));
    }

    pub(super) fn look(&mut self, now: u64, usage: &Usage) {
        assert_eq!(usage.iter().count(), self.books.len());
        for (level, book) in usage.iter().zip(&mut self.books) {
            book.look(now, usage.at().as_nanos(), level);
        }
    }

    /// Its limits that are for such a request.
    fn concerned(&mut self, about: About) -> impl Iterator<Item = (&Term, &mut Book)> {
        let all = self.terms.iter().zip(&mut self.books);
        all.filter(move |(term, _)| !term.only_gpt4 || about == About::Gpt4)
    }

    /// Charges what was admitted to what is for it; gives the names of the limits that watch and had no room.
    pub(super) fn admit(
        &mut self,
        permit: usize,
        at: u64,
        about: About,
        cost: &Cost,
    ) -> Vec<String> {
        let mut told = Vec::new();
        for (term, book) in self.concerned(about) {
            let amount = cost.get(&term.rule.dimension);
            if term.shadow && amount > book.upper.remaining(at) {
                told.push(term.rule.name.clone());
            } else {
                book.admit(permit, at, amount);
            }
        }
        told
    }
}

/// What the limits of a line say to a request.
pub(super) struct Say {
    /// What each says that denies, by name.
    answers: Vec<(String, When)>,
    is_exact: bool,
    is_vague: bool,
}

fn order(when: When) -> (u8, u64) {
    match when {
        When::Now => (0, 0),
        When::At(at) => (1, at),
        When::Freed => (2, 0),
        When::Never => (3, 0),
    }
}

impl Say {
    /// What the least forgiving reading says, or the most.
    pub(super) fn of<'l>(
        line: impl Iterator<Item = &'l mut Logs>,
        at: u64,
        (about, cost): (About, &Cost),
        strictly: bool,
    ) -> Self {
        let mut say = Self {
            answers: Vec::new(),
            is_exact: true,
            is_vague: false,
        };
        for logs in line {
            for (term, book) in logs.concerned(about).filter(|(term, _)| !term.shadow) {
                book.meet(at);
                let twin = if strictly { &book.lower } else { &book.upper };
                let when = twin.when(at, cost.get(&term.rule.dimension));
                say.answers.push((term.rule.name.clone(), when));
                say.is_exact &= book.is_exact(at);
                say.is_vague |= at < book.vague_until;
            }
        }
        say
    }

    pub(super) fn verdict(&self) -> When {
        let all = self.answers.iter().map(|(_, when)| *when);
        all.max_by_key(|when| order(*when)).unwrap_or(When::Now)
    }

    /// Compares a denial with what the strict reading says; says whether that could be done to the nanosecond.
    pub(super) fn check(&self, at: u64, clock: u64, denial: &Denial<'_>) -> bool {
        if self.is_vague {
            return false;
        }
        let verdict = self.verdict();
        assert_ne!(verdict, When::Now, "{denial} at {at}");
        if !self.is_exact {
            return false;
        }
        let stated = match denial.reason() {
            DenialReason::Quota => When::At(denial.retry_at().unwrap().as_nanos()),
            DenialReason::InUse => When::Freed,
            DenialReason::Never => When::Never,
            other => panic!("{other:?}"),
        };
        assert_eq!(stated, verdict, "{denial} at {at}");
        let name = denial.binding_name().unwrap();
        let decided = self
            .answers
            .iter()
            .any(|(known, when)| **known == *name && *when == verdict);
        assert!(decided, "{denial} at {at}: {:?}", self.answers);
        self.check_not_before(clock, denial);
        true
    }

    fn check_not_before(&self, clock: u64, denial: &Denial<'_>) {
        if denial.reason() != DenialReason::InUse {
            return;
        }
        let instants = self.answers.iter().filter_map(|(_, when)| match when {
            When::At(at) => Some(*at),
            _ => None,
        });
        let stated = denial
            .not_before()
            .map(|wait| clock + wait.as_nanos() as u64);
        assert_eq!(stated, instants.max(), "{denial} at {clock}");
    }
}

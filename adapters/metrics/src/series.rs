//! The series of one tenant, or of all that have no label of their own.

use std::time::Duration;

use metrics::{Counter, Histogram, Key, Label, SharedString};
use tollgate::{DenialReason, QuotaEvent};

use crate::names;
use crate::recorder::{Asking, ByLabel, Cached};

/// Handles of the series with one value of `tenant`; each is asked for when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Series {
    requests: Cached<Counter>,
    decisions: ByLabel<Outcome, Counter>,
    /// By the number of the limit's label.
    denials: ByLabel<usize, Counter>,
    policy_denials: Cached<Counter>,
    durations: ByLabel<StatusClass, Histogram>,
    broken_off: Cached<Counter>,
    reserved: Cached<Counter>,
    settled: Cached<Counter>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Admitted,
    Policy,
    Quota,
    InUse,
    TooCostly,
    Suspended,
    Removed,
    Queued,
    /// The origin of a durable limit had not granted enough.
    Ungranted,
    /// A reason that this version does not know.
    Other,
}

impl Outcome {
    pub(crate) fn of(event: &QuotaEvent) -> Self {
        if event.allowed {
            return Self::Admitted;
        }
        match event.reason {
            Some(DenialReason::Quota) => Self::Quota,
            Some(DenialReason::InUse) => Self::InUse,
            Some(DenialReason::Never) => Self::TooCostly,
            Some(DenialReason::Suspended) => Self::Suspended,
            Some(DenialReason::Removed) => Self::Removed,
            Some(DenialReason::Queued) => Self::Queued,
            Some(DenialReason::Ungranted) => Self::Ungranted,
            None | Some(_) => Self::Other,
        }
    }

    /// Whether a limit said so.
    pub(crate) fn is_a_limit_s(self) -> bool {
        matches!(self, Self::Quota | Self::InUse | Self::TooCostly)
    }

    fn label(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Policy => "policy",
            Self::Quota => "quota",
            Self::InUse => "in_use",
            Self::TooCostly => "too_costly",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
            Self::Queued => "queued",
            Self::Ungranted => "ungranted",
            Self::Other => names::OTHER,
        }
    }
}

/// The class of a response's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusClass(&'static str);

impl StatusClass {
    pub(crate) fn of(status: Option<u16>) -> Self {
        Self(match status {
            None => "none",
            Some(100..=199) => "1xx",
            Some(200..=299) => "2xx",
            Some(300..=399) => "3xx",
            Some(400..=499) => "4xx",
            Some(500..=599) => "5xx",
            Some(_) => names::OTHER,
        })
    }
}

/// The series of one label, at one moment.
pub(crate) struct Tally<'a> {
    pub(crate) series: &'a mut Series,
    pub(crate) tenant: &'a str,
    pub(crate) ask: Asking<'a>,
}

impl Tally<'_> {
    pub(crate) fn decision(&mut self, outcome: Outcome) {
        let (tenant, ask) = (self.tenant, self.ask);
        let requests = || key(names::REQUESTS, tenant, None);
        self.series.requests.get(ask, requests).increment(1);
        let decisions = || key(names::DECISIONS, tenant, Some(("outcome", outcome.label())));
        let count = |counter: &Counter| counter.increment(1);
        self.series.decisions.with(outcome, ask, decisions, count);
        if outcome == Outcome::Policy {
            let denials = || key(names::POLICY_DENIALS, tenant, None);
            self.series.policy_denials.get(ask, denials).increment(1);
        }
    }

    /// The limit whose label has this number said no.
    pub(crate) fn denial(&mut self, number: usize, limit: &str) {
        let denials = || key(names::DENIALS, self.tenant, Some(("limit", limit)));
        let count = |counter: &Counter| counter.increment(1);
        self.series.denials.with(number, self.ask, denials, count);
    }

    pub(crate) fn reserved(&mut self, tokens: u64) {
        let reserved = || key(names::TOKENS_RESERVED, self.tenant, None);
        self.series
            .reserved
            .get(self.ask, reserved)
            .increment(tokens);
    }

    pub(crate) fn settled(&mut self, tokens: u64) {
        let settled = || key(names::TOKENS_SETTLED, self.tenant, None);
        self.series.settled.get(self.ask, settled).increment(tokens);
    }

    pub(crate) fn broken_off(&mut self) {
        let broken_off = || key(names::BROKEN_OFF, self.tenant, None);
        self.series
            .broken_off
            .get(self.ask, broken_off)
            .increment(1);
    }

    pub(crate) fn duration(&mut self, class: StatusClass, duration: Duration) {
        let durations = || key(names::DURATION, self.tenant, Some(("status", class.0)));
        let record = |histogram: &Histogram| histogram.record(duration);
        self.series
            .durations
            .with(class, self.ask, durations, record);
    }
}

fn key(name: &'static str, tenant: &str, other: Option<(&'static str, &str)>) -> Key {
    let owned = |value: &str| SharedString::from(value.to_owned());
    let mut labels = vec![Label::new("tenant", owned(tenant))];
    labels.extend(other.map(|(label, value)| Label::new(label, owned(value))));
    Key::from_parts(name, labels)
}

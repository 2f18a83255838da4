//! What is seen of a run while it goes on.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::nodes::Nodes;
use super::totals::Counts;
use super::{Options, Timeline};
use crate::clock;
use crate::figures::{double, share};

/// So often the table is drawn; where nobody can see it move, a line a second is written.
const EVERY: Duration = Duration::from_millis(250);

/// Where a run is shown.
#[derive(Debug)]
pub(crate) struct View {
    how: How,
    /// What happened since the last time.
    events: Mutex<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Table,
    Lines,
    Events,
}

impl View {
    /// On stderr: a table that moves if it is a terminal, else a line a second.
    pub(crate) fn live() -> Self {
        Self::new(if io::stderr().is_terminal() {
            How::Table
        } else {
            How::Lines
        })
    }

    /// Only what breaks.
    pub(crate) fn quiet() -> Self {
        Self::new(How::Events)
    }

    fn new(how: How) -> Self {
        Self {
            how,
            events: Mutex::default(),
        }
    }

    /// Something happened.
    pub(super) fn say(&self, event: &str) {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event.to_owned());
    }

    /// Returns when the run is over.
    pub(super) fn watch(&self, nodes: &Nodes, options: &Options, time: Timeline) {
        let mut lines = 0;
        let mut ticks = 0_u32;
        loop {
            let now = clock::now();
            let table = match self.how {
                How::Table => table(nodes, options, time, now),
                How::Lines if ticks.is_multiple_of(4) => line(nodes, options, time, now),
                How::Lines | How::Events => String::new(),
            };
            self.draw(&table, &mut lines);
            if now >= time.end {
                return;
            }
            std::thread::sleep(EVERY);
            ticks = ticks.wrapping_add(1);
        }
    }

    /// In place of what was drawn before, and below what happened since.
    fn draw(&self, text: &str, lines: &mut usize) {
        let events =
            std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        let mut out = String::new();
        if self.how == How::Table && *lines > 0 {
            // Up, and all below is cleared.
            let _infallible = write!(out, "\x1b[{lines}A\x1b[J");
        }
        for event in events {
            out.push_str(&event);
            out.push('\n');
        }
        out.push_str(text);
        *lines = text.lines().count();
        // Whoever closed stderr does not want to see it.
        let _shown = io::stderr().lock().write_all(out.as_bytes());
    }
}

fn table(nodes: &Nodes, options: &Options, time: Timeline, now: u64) -> String {
    let mut totals = nodes.totals();
    let mut out = head();
    for (number, counts) in totals.nodes.iter().enumerate() {
        out.push_str(&row(&format!("node {number}"), counts));
    }
    out.push_str(&row("all", &totals.all()));
    out.push_str(&footer(totals.lately(now), options, time, now));
    out
}

fn line(nodes: &Nodes, options: &Options, time: Timeline, now: u64) -> String {
    let mut totals = nodes.totals();
    let all = row("all", &totals.all());
    let lately = footer(totals.lately(now), options, time, now);
    format!("{} · {lately}", all.trim_end())
}

fn head() -> String {
    let [node, admitted, denied] = ["", "admitted", "denied"];
    format!("{node:<10}{admitted:>10}{denied:>10}  undecided   local  calls/decision\n")
}

fn row(name: &str, counts: &Counts) -> String {
    let local = share(counts.local, counts.decided()) * 100.0;
    let calls = share(counts.calls, counts.decided());
    let (admitted, denied, failed) = (counts.admitted, counts.denied, counts.failed);
    format!("{name:<10}{admitted:>10}{denied:>10}{failed:>11}{local:>7.2}%{calls:>16.4}\n")
}

/// From reports, which come a few times a second: the audit at the end is exact.
fn footer(lately: u64, options: &Options, time: Timeline, now: u64) -> String {
    let left = double(time.end.saturating_sub(now)) / 1e9;
    let limit = options.limit.saturating_mul(u64::from(options.tenants));
    let window = options.window;
    format!("{lately} admitted in the last {window:?}, of {limit}; {left:.0} s left\n")
}

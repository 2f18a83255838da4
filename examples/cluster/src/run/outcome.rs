//! What a run has shown.

use std::collections::BTreeMap;
use std::fmt;

use super::nodes::{Folder, Nodes, concatenate};
use super::servers::Servers;
use super::totals::Counts;
use super::{Options, Timeline, outage};
use crate::Failure;
use crate::audit::{Finding, Ledgers, file};
use crate::figures::{double, nanos, share, short};
use crate::log;

/// All that is said of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// By tenant.
    pub(crate) findings: BTreeMap<String, Finding>,
    /// What was in a window on average, as a multiple of the limit.
    pub(crate) utilisation: f64,
    /// The most of it that there can be: grants for S + 1 sub-windows fit in a limit, of which S are a window.
    pub(crate) attainable: f64,
    pub(crate) counts: Counts,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) denial_p99: u64,
    pub(crate) denial_most: u64,
    /// Microseconds of Redis a script, and how many scripts, if there were some.
    pub(crate) script: Option<(f64, u64)>,
    /// What each tenant was given while a master of the cluster was gone, as a multiple of its limit.
    pub(crate) in_outage: Option<BTreeMap<String, f64>>,
}

impl Outcome {
    /// Reads what all nodes wrote, and audits it.
    pub(super) fn of(
        options: &Options,
        time: Timeline,
        nodes: &Nodes,
        folder: &Folder,
        servers: &Servers,
    ) -> Result<Self, Failure> {
        let mut logs = folder.logs()?;
        logs.sort_unstable();
        let mut ledgers = Ledgers::new();
        for log in &logs {
            log::read(log, |admission| file(&mut ledgers, &admission))?;
        }
        if let Some(path) = &options.log {
            concatenate(&logs, path)?;
        }
        let window = nanos(options.window);
        let found = ledgers
            .iter()
            .map(|(tenant, ledger)| (tenant.clone(), Finding::of(ledger, window, options.limit)));
        let means = ledgers
            .values()
            .map(|ledger| ledger.mean(window, time.warm, time.end));
        let limits = double(options.limit) * f64::from(options.tenants);
        let parts = f64::from(options.sub_windows);
        let in_outage = options.cluster.map(|_| {
            let (from, to) = outage(time);
            let windows = share(to.saturating_sub(from), window);
            let given = ledgers.iter().map(|(tenant, ledger)| {
                let amount = share(ledger.between(from, to), options.limit);
                (tenant.clone(), amount / windows)
            });
            given.collect()
        });
        let totals = nodes.totals();
        Ok(Self {
            findings: found.collect(),
            utilisation: means.sum::<f64>() / limits,
            attainable: parts / (parts + 1.0),
            counts: totals.all(),
            p50: totals.decisions.value_at_quantile(0.5),
            p99: totals.decisions.value_at_quantile(0.99),
            denial_p99: totals.denials.value_at_quantile(0.99),
            denial_most: totals.denials.max(),
            script: servers.script_cost(),
            in_outage,
        })
    }

    /// The worst of all tenants; `None` if nothing was admitted.
    pub(crate) fn worst(&self) -> Option<&Finding> {
        self.findings.values().max_by_key(|finding| finding.most)
    }

    /// Whether no tenant had more than its limit in any window.
    pub(crate) fn holds(&self) -> bool {
        self.findings.values().all(Finding::holds)
    }

    pub(crate) fn calls_per_decision(&self) -> f64 {
        share(self.counts.calls, self.counts.decided())
    }

    pub(crate) fn decided_locally(&self) -> f64 {
        share(self.counts.local, self.counts.decided())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tenant, finding) in &self.findings {
            writeln!(f, "{tenant}: {finding}")?;
        }
        if self.findings.is_empty() {
            writeln!(f, "nothing was admitted")?;
        }
        let (mean, part) = (self.utilisation, self.utilisation / self.attainable);
        if mean > 0.0 {
            writeln!(
                f,
                "on average over all windows {mean:.4} of the limit, {part:.4} of what can be"
            )?;
        } else {
            writeln!(
                f,
                "no whole window after the warm-up, to take an average of"
            )?;
        }
        let counts = &self.counts;
        let (admitted, denied, failed) = (counts.admitted, counts.denied, counts.failed);
        write!(
            f,
            "after the warm-up {admitted} admitted, {denied} denied, {failed} undecided"
        )?;
        writeln!(
            f,
            ", {} dropped; {} beyond their timeout",
            counts.dropped, counts.late
        )?;
        let (calls, local) = (self.calls_per_decision(), self.decided_locally() * 100.0);
        writeln!(
            f,
            "{calls:.4} calls to Redis a decision; {local:.2} % decided without waiting"
        )?;
        let (p50, p99) = (short(self.p50), short(self.p99));
        write!(f, "a decision took {p50} (median), {p99} (99 %)")?;
        let (p99, most) = (short(self.denial_p99), short(self.denial_most));
        writeln!(f, "; a denial {p99} (99 %), {most} at most")?;
        if let Some((micros, scripts)) = self.script {
            writeln!(f, "a script took {micros:.1} µs of Redis, {scripts} times")?;
        }
        for (tenant, share) in self.in_outage.iter().flatten() {
            writeln!(
                f,
                "{tenant} while a master was gone: {share:.4} of its limit"
            )?;
        }
        Ok(())
    }
}

//! Deletes what durable limits leave behind.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Error;
use tollgate::Timestamp;

use super::SqlOrigin;
use super::ledger::Ledger;
use super::sheet::instant;
use super::sql::{SWEEP_HOLDERS, SWEEP_WINDOWS};

/// How long a window stays after it has ended: a month's that is opened on the last day still finds all of its days.
const WINDOWS_STAY: Duration = Duration::from_hours(40 * 24);

/// How long holders stay after their window has ended. Nobody spends what they hold any more.
const HOLDERS_STAY: Duration = Duration::from_hours(24);

/// How many rows go in one transaction, and in how many transactions at most in one sweep of either table.
const ROWS: i64 = 500;
const TRANSACTIONS: usize = 10;

/// How long an origin waits after it has swept.
const REST: Duration = Duration::from_mins(10);

/// Deletes what is not needed any more; says how many rows.
pub(super) async fn sweep(ledger: &Ledger, now: Timestamp) -> Result<u64, Error> {
    // A process whose clock runs ahead must not delete what others still spend.
    let now = std::cmp::min(instant(now), ledger.clock().await?);
    let mut swept = 0_u64;
    for (statement, stay) in [(SWEEP_HOLDERS, HOLDERS_STAY), (SWEEP_WINDOWS, WINDOWS_STAY)] {
        let stay = i64::try_from(stay.as_nanos()).unwrap_or(i64::MAX);
        for _ in 0..TRANSACTIONS {
            let before = now.saturating_sub(stay);
            let rows = ledger.sweep(statement, before, ROWS).await?;
            swept = swept.saturating_add(rows);
            if rows < ROWS.cast_unsigned() {
                break;
            }
        }
    }
    Ok(swept)
}

/// When it was last swept.
#[derive(Debug, Default)]
pub(super) struct Broom(Mutex<Option<Instant>>);

impl Broom {
    /// Sweeps in the background, if it is time to. `latest` is the start of a window that has begun, so that it is
    /// later than that.
    pub(super) fn now_and_then(&self, origin: &SqlOrigin, latest: Timestamp) {
        if !self.is_time() {
            return;
        }
        let origin = origin.clone();
        tokio::spawn(async move {
            if let Err(error) = origin.sweep(latest).await {
                tracing::warn!(%error, "old windows of durable limits were not swept");
            }
        });
    }

    fn is_time(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = last.is_none_or(|last| last.elapsed() >= REST);
        if rested {
            *last = Some(Instant::now());
        }
        rested
    }
}

//! Who is loading what right now, so that nobody loads it a second time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tollgate::TenantId;

use crate::error::CacheError;
use crate::key::Key;

/// How a load ended, for all who waited for it.
pub(crate) type Outcome = Result<Arc<[u8]>, CacheError>;

/// One load of one key of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    /// Whoever finds it empty loads; if they are cancelled or panic, the next one does.
    pub(crate) outcome: OnceCell<Outcome>,
    /// Whether the value was written or deleted while it was being loaded: then what is loaded must not be stored.
    /// Locked while it is stored, so that a write comes before or behind that.
    pub(crate) overtaken: tokio::sync::Mutex<bool>,
    /// How many take part. It changes with the board locked only.
    seats: AtomicUsize,
}

type Board = HashMap<TenantId, HashMap<Box<str>, Arc<Flight>>>;

/// All loads of this process.
///
/// At most one for each call that waits: who leaves last takes it off the board.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    board: Mutex<Board>,
}

impl Flights {
    /// Takes part in the load of `key`, or begins one.
    pub(crate) fn board<'f>(&'f self, tenant: &'f TenantId, key: Key<'f>) -> Seat<'f> {
        let mut board = self.board.lock();
        let of_tenant = board.entry(tenant.clone()).or_default();
        let flight = of_tenant.entry(key.as_str().into()).or_default();
        flight.seats.fetch_add(1, Ordering::Relaxed);
        Seat {
            flights: self,
            tenant,
            key,
            flight: Arc::clone(flight),
        }
    }

    /// From now on nobody joins the load of `key` that is under way, and it stores nothing.
    pub(crate) async fn overtake(&self, tenant: &TenantId, key: Key<'_>) {
        let flight = remove_if(&mut self.board.lock(), tenant, key, |_| true);
        if let Some(flight) = flight {
            *flight.overtaken.lock().await = true;
        }
    }

    /// The same for all keys of a tenant.
    pub(crate) async fn overtake_all(&self, tenant: &TenantId) {
        let of_tenant = self.board.lock().remove(tenant).unwrap_or_default();
        let flights: Vec<_> = of_tenant.into_values().collect();
        for flight in flights {
            *flight.overtaken.lock().await = true;
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.board.lock().is_empty()
    }
}

/// A part in a load; given back on drop.
#[derive(Debug)]
pub(crate) struct Seat<'f> {
    flights: &'f Flights,
    tenant: &'f TenantId,
    key: Key<'f>,
    flight: Arc<Flight>,
}

impl Seat<'_> {
    pub(crate) fn flight(&self) -> &Flight {
        &self.flight
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut board = self.flights.board.lock();
        // Counted with the board locked: of two who leave at once, one is the last.
        let left = self.flight.seats.fetch_sub(1, Ordering::Relaxed);
        let over = left == 1 || self.flight.outcome.initialized();
        remove_if(&mut board, self.tenant, self.key, |flight| {
            over && Arc::ptr_eq(flight, &self.flight)
        });
    }
}

/// Takes a flight off the board, and its tenant with the last one.
fn remove_if(
    board: &mut Board,
    tenant: &TenantId,
    key: Key<'_>,
    condition: impl FnOnce(&Arc<Flight>) -> bool,
) -> Option<Arc<Flight>> {
    let of_tenant = board.get_mut(tenant)?;
    if !of_tenant.get(key.as_str()).is_some_and(condition) {
        return None;
    }
    let flight = of_tenant.remove(key.as_str());
    if of_tenant.is_empty() {
        board.remove(tenant);
    }
    flight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_last_takes_the_flight_off_the_board() {
        let (flights, tenant) = (Flights::default(), TenantId::new("acme").unwrap());
        let key = Key::new("key").unwrap();
        let first = flights.board(&tenant, key);
        let second = flights.board(&tenant, key);
        drop(first);
        assert!(!flights.is_empty());
        drop(second);
        assert!(flights.is_empty());
    }

    #[tokio::test]
    async fn an_overtaken_flight_is_joined_by_nobody_and_its_last_passenger_removes_no_other() {
        let (flights, tenant) = (Flights::default(), TenantId::new("acme").unwrap());
        let key = Key::new("key").unwrap();
        let early = flights.board(&tenant, key);
        flights.overtake(&tenant, key).await;
        let late = flights.board(&tenant, key);
        assert!(!Arc::ptr_eq(&early.flight, &late.flight));
        assert!(*early.flight().overtaken.lock().await);
        drop(early);
        assert!(!flights.is_empty());
        flights.overtake_all(&tenant).await;
        assert!(*late.flight().overtaken.lock().await);
        assert!(flights.is_empty());
    }
}

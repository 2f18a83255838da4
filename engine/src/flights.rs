//! Which tenants are being loaded just now, so that a change can tell a load that it came too early.

use std::collections::HashMap;

use crate::sync::Mutex;
use crate::tenant_id::TenantId;

/// The loads under way. A hash map: nothing depends on its order.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<TenantId, Flight>>);

/// The loads of one tenant that are under way, and the number of changes since the first began.
#[derive(Debug, Default)]
struct Flight {
    loads: usize,
    changes: u64,
}

impl Flights {
    /// Says that a load of `id` begins; it ends when the guard is dropped.
    pub(crate) fn begin(&self, id: &TenantId) -> FlightGuard<'_> {
        let mut flights = self.0.lock();
        let flight = flights.entry(id.clone()).or_default();
        flight.loads = flight.loads.saturating_add(1);
        FlightGuard {
            flights: self,
            id: id.clone(),
            begun_at: flight.changes,
        }
    }

    /// Says that the config of `id` has changed. To be called before anything in memory is changed.
    pub(crate) fn overtake(&self, id: &TenantId) {
        if let Some(flight) = self.0.lock().get_mut(id) {
            flight.changes = flight.changes.saturating_add(1);
        }
    }
}

/// A load under way.
#[derive(Debug)]
pub(crate) struct FlightGuard<'f> {
    flights: &'f Flights,
    id: TenantId,
    begun_at: u64,
}

impl FlightGuard<'_> {
    /// Takes what was loaded in, unless the config has changed since the load began.
    ///
    /// A change is either announced before, and then nothing is taken in, or after, and then it finds
    /// what was taken in. Lock order: flights, then whatever `take_in` locks.
    pub(crate) fn land<T>(&self, take_in: impl FnOnce() -> T) -> Option<T> {
        let flights = self.flights.0.lock();
        let flight = flights.get(&self.id)?;
        (flight.changes == self.begun_at).then(take_in)
    }
}

impl Drop for FlightGuard<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock();
        if let Some(flight) = flights.get_mut(&self.id) {
            flight.loads = flight.loads.saturating_sub(1);
            if flight.loads == 0 {
                flights.remove(&self.id);
            }
        }
    }
}

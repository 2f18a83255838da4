//! Which tenants are being loaded just now, so that a change can tell a load that it came too early.

use crate::sync::ByKey;
use crate::tenant_id::TenantId;

/// The loads under way; who is not being loaded has none and takes no room.
#[derive(Debug, Default)]
pub(crate) struct Flights(ByKey<TenantId, Flight>);

/// The loads of one tenant that are under way, and the number of changes since the first began.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Flight {
    loads: usize,
    changes: u64,
}

impl Flights {
    /// Says that a load of `id` begins; it ends when the guard is dropped.
    pub(crate) fn begin(&self, id: &TenantId) -> FlightGuard<'_> {
        let begun_at = self.0.at(id, |flight| {
            flight.loads = flight.loads.saturating_add(1);
            flight.changes
        });
        FlightGuard {
            flights: self,
            id: id.clone(),
            begun_at,
        }
    }

    /// Says that the config of `id` has changed. To be called before anything in memory is changed.
    pub(crate) fn overtake(&self, id: &TenantId) {
        self.0.at(id, |flight| {
            if flight.loads > 0 {
                flight.changes = flight.changes.saturating_add(1);
            }
        });
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
    /// what was taken in. Lock order: the tenant's flight, then whatever `take_in` locks.
    pub(crate) fn land<T>(&self, take_in: impl FnOnce() -> T) -> Option<T> {
        let changes_since = |flight: &Flight| flight.changes != self.begun_at;
        self.flights
            .0
            .at(&self.id, |flight| (!changes_since(flight)).then(take_in))
    }
}

impl Drop for FlightGuard<'_> {
    fn drop(&mut self) {
        self.flights.0.at(&self.id, |flight| {
            flight.loads = flight.loads.saturating_sub(1);
            if flight.loads == 0 {
                *flight = Flight::default();
            }
        });
    }
}

//! Points in time as the API writes them.

use std::time::Duration;

use tollgate::Timestamp;

/// As RFC 3339 in UTC, to the millisecond.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos()));
    // A u64 of nanoseconds ends in 2554, long before jiff's time does.
    let time = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// Whole seconds, rounded up: who waits so long has waited long enough.
pub(crate) fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_waits_are_never_too_short() {
        let at = Timestamp::from_nanos(1_700_000_000_123_456_789);
        assert_eq!(rfc3339(at), "2023-11-14T22:13:20.123Z");
        assert_eq!(rfc3339(Timestamp::MAX), "2554-07-21T23:34:33.709Z");
        assert_eq!(seconds_up(Duration::from_millis(1_001)), 2);
        assert_eq!(seconds_up(Duration::from_secs(2)), 2);
    }
}

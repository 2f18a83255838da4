//! A request made of plain strings, for the tests of this crate.

use tollgate::{Clock, Cost, ManualClock, Tenant, TenantConfig};

use crate::request::{Principal, RequestView};

#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    target: String,
    host: Option<String>,
    principal: Option<Principal>,
    headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    pub(crate) fn get(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn with_header(self, name: &str, value: &str) -> Self {
        self.with_header_bytes(name, value.as_bytes())
    }

    pub(crate) fn with_header_bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn with_host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub(crate) fn with_principal(mut self, tenant: &str) -> Self {
        self.principal = Some(Principal::new(tenant));
        self
    }
}

impl RequestView for Request {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(&self.target, |(path, _)| path)
    }

    fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    fn principal(&self) -> Option<&str> {
        self.principal.as_ref().map(Principal::tenant)
    }

    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (known, value) in &self.headers {
            if known.eq_ignore_ascii_case(name) {
                visit(value);
            }
        }
    }
}

pub(crate) fn config() -> TenantConfig {
    TenantConfig::new("acme".parse().unwrap())
}

pub(crate) fn tenant(config: &TenantConfig, clock: &ManualClock) -> Tenant {
    Tenant::new(config, Clock::manual(clock)).unwrap()
}

/// Spends `cost` and frees its slots.
pub(crate) fn spend(tenant: &Tenant, cost: &Cost) {
    assert!(tenant.try_acquire(cost).is_admitted());
}

/// Reads a duration as Go's `time.ParseDuration` does, in the units that are ASCII.
pub(crate) fn parse_go_duration(text: &str) -> std::time::Duration {
    let mut rest = text;
    let mut total = 0;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
        let (number, after) = rest.split_at(rest.len() - number.len());
        let unit = after.trim_start_matches(|char: char| char.is_ascii_alphabetic());
        let (unit, after) = after.split_at(after.len() - unit.len());
        let nanos: u64 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            _ => panic!("{text}: unit {unit:?}"),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let scale = 10_u64.pow(fraction.len().try_into().unwrap());
        let fraction = fraction.parse().unwrap_or(0_u64);
        total += whole.parse::<u64>().unwrap() * nanos + fraction * nanos / scale;
        rest = after;
    }
    std::time::Duration::from_nanos(total)
}

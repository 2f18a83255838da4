//! What does the tower layer add to a request, beside `tower_governor`'s?
//!
//! `cargo bench -p benches --bench tower`. A service that answers at once, bare and behind a layer; the second
//! table has what is left when the bare service's time is taken off. The tenant comes in a header.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use benches::{
    Contender, HEADER, Measured, PLENTY, Table, asking, bare, compare, engine_of, four_limits,
    gate, id,
};
use http::{Request, Response};
use tollgate_tower::{HeaderProfile, TollgateLayer};
use tower::{Layer, Service};
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

fn main() {
    let admitted = compare(
        "a request, admitted",
        Duration::from_millis(5),
        Duration::from_secs(6),
        vec![
            through("bare", bare()),
            through("tower_governor", governor(u32::MAX).layer(bare())),
            through("tower_governor, headers", governor_headers().layer(bare())),
            through("tollgate, 4 limits", tollgate(PLENTY, []).layer(bare())),
            through(
                "tollgate, 4 limits, ietf headers",
                tollgate(PLENTY, [HeaderProfile::Ietf]).layer(bare()),
            ),
            through(
                "tollgate, 4 limits, x-ratelimit headers",
                tollgate(PLENTY, [HeaderProfile::XRateLimit]).layer(bare()),
            ),
        ],
    );
    added("added to an admitted request", &admitted);
    let denied = compare(
        "a request, denied",
        Duration::from_millis(5),
        Duration::from_secs(4),
        vec![
            through("bare", bare()),
            through("tower_governor", governor(1).layer(bare())),
            through(
                "tollgate, 4 limits, ietf headers",
                tollgate(1, [HeaderProfile::Ietf]).layer(bare()),
            ),
        ],
    );
    added("a denial, less the bare service", &denied);
}

fn tollgate<const N: usize>(capacity: u64, profiles: [HeaderProfile; N]) -> TollgateLayer {
    gate(engine_of(1, four_limits(id(0), capacity)), profiles)
}

/// The header's value, as our gate takes it; `tower_governor` brings no extractor for that.
#[derive(Debug, Clone)]
struct Header;

impl KeyExtractor for Header {
    type Key = String;

    fn extract<T>(&self, request: &Request<T>) -> Result<String, GovernorError> {
        let value = request.headers().get(HEADER);
        let value = value.and_then(|value| value.to_str().ok());
        value
            .map(str::to_owned)
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

/// One an hour, or one a nanosecond where the burst is more.
fn governor(
    burst: u32,
) -> GovernorLayer<Header, governor::middleware::NoOpMiddleware<governor::clock::QuantaInstant>, Body>
{
    let every = if burst == 1 {
        Duration::from_secs(3_600)
    } else {
        Duration::from_nanos(1)
    };
    let mut builder = GovernorConfigBuilder::default();
    let config = builder.period(every).burst_size(burst);
    GovernorLayer::new(config.key_extractor(Header).finish().unwrap())
}

fn governor_headers()
-> GovernorLayer<Header, governor::middleware::StateInformationMiddleware, Body> {
    let mut builder = GovernorConfigBuilder::default();
    let config = builder.period(Duration::from_nanos(1)).burst_size(u32::MAX);
    GovernorLayer::new(config.key_extractor(Header).use_headers().finish().unwrap())
}

fn through<'c, S, B: 'c>(title: &str, service: S) -> Contender<'c>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'c,
{
    let mut ask = asking(service);
    // The one that a limit of one lets through.
    assert!(ask().is_success());
    Contender::each(title, ask)
}

fn added(title: &str, measured: &[Measured]) {
    let Some((bare, layers)) = measured.split_first() else {
        return;
    };
    let first = layers
        .first()
        .map_or(f64::NAN, |one| one.median - bare.median);
    let table = Table::new(&[title, "median ns", "to the first"]);
    let table = layers.iter().fold(table, |table, one| {
        let own = one.median - bare.median;
        table.row(&[
            one.name.clone(),
            format!("{own:.0}"),
            format!("{:.2}", own / first),
        ])
    });
    table.print();
}

//! Takes one path through the tower layer so many times, for `benches/instructions` to count its instructions.
//!
//! `layer PATH TIMES`: whole requests, from their making to their drop. A program of its own, so that the layer's
//! code does not sway how the compiler inlines the paths of `instructions`.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;

use benches::{Everyone, PLENTY, asking, bare, four_limits, gate, id, load};
use http::StatusCode;
use tollgate::{Clock, Engine, ManualClock};
use tollgate_tower::HeaderProfile;
use tower::Layer;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap();
    let times: u32 = arguments.next().unwrap().parse().unwrap();
    let mut ask = path_named(&path);
    for _ in 0..times {
        black_box(ask());
    }
}

type Ask = Box<dyn FnMut() -> StatusCode>;

fn path_named(path: &str) -> Ask {
    match path {
        "layer-bare" => Box::new(asking(bare())),
        "layer-plain" => Box::new(asking(gate(engine(PLENTY), []).layer(bare()))),
        "layer-ietf" => Box::new(asking(
            gate(engine(PLENTY), [HeaderProfile::Ietf]).layer(bare()),
        )),
        "layer-denied" => Box::new(asking(gate(engine(1), [HeaderProfile::Ietf]).layer(bare()))),
        unknown => {
            eprintln!("no path {unknown}");
            std::process::exit(2)
        }
    }
}

/// An engine with one tenant, on a clock that stands still.
fn engine(capacity: u64) -> Engine {
    let source = Everyone::with(four_limits(id(0), capacity));
    let clock = Clock::manual(&ManualClock::new());
    let engine = Engine::builder().source(source).clock(clock);
    let engine = engine.build_without_actors().unwrap();
    load(&engine, 1);
    engine
}

//! The paths through the tower layer: a whole request, from its making to its drop.

use std::hint::black_box;

use benches::{Everyone, PLENTY, asking, bare, four_limits, gate, id, load};
use tollgate::{Clock, Engine, ManualClock};
use tollgate_tower::HeaderProfile;
use tower::Layer;

use crate::Step;

/// The path of this name, if it is one of the layer's. `layer-bare` is the service without a layer.
pub(crate) fn path_named(path: &str, clock: &ManualClock) -> Option<Step> {
    let plenty = || engine(clock, PLENTY);
    Some(match path {
        "layer-bare" => step(asking(bare())),
        "layer-plain" => step(asking(gate(plenty(), []).layer(bare()))),
        "layer-ietf" => step(asking(gate(plenty(), [HeaderProfile::Ietf]).layer(bare()))),
        "layer-denied" => {
            let gate = gate(engine(clock, 1), [HeaderProfile::Ietf]);
            step(asking(gate.layer(bare())))
        }
        _ => return None,
    })
}

fn engine(clock: &ManualClock, capacity: u64) -> Engine {
    let source = Everyone::with(four_limits(id(0), capacity));
    let engine = Engine::builder().source(source).clock(Clock::manual(clock));
    let engine = engine.build_without_actors().unwrap();
    load(&engine, 1);
    engine
}

fn step(mut ask: impl FnMut() -> http::StatusCode + 'static) -> Step {
    Box::new(move || {
        black_box(ask());
    })
}

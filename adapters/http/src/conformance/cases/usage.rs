//! Usage that is read from responses' bodies as they pass by.

use tollgate::{Cost, OnDrop};

use super::cases;
use crate::builder::GateBuilder;
use crate::conformance::answer::{Answer, Chunks};
use crate::conformance::ask::get;
use crate::conformance::doors::{Doors, acme};
use crate::conformance::house::House;
use crate::conformance::runner::Case;
use crate::outcome::Charge;
use crate::usage::UsageFormat;

pub(super) const CASES: &[Case] = cases![
    a_json_body_that_is_all_there_tells_its_usage,
    a_json_body_that_comes_in_odd_pieces_tells_its_usage_and_arrives_as_it_was,
    a_json_body_of_an_announced_length_tells_its_usage,
    a_stream_of_events_tells_its_usage_wherever_it_is_cut,
    nothing_of_a_stream_is_held_back,
    anthropic_s_events_tell_their_usage,
    a_compressed_body_tells_nothing,
    a_body_that_breaks_off_before_it_has_told_leaves_it_to_the_drop_rule,
    a_client_that_goes_after_it_was_told_pays_what_was_used,
    handlers_and_statuses_go_before_the_body,
];

const JSON: &str = r#"{"choices":[{"message":{"content":"\"usage\":{}"}}],"usage":{"prompt_tokens":30,"completion_tokens":12,"total_tokens":42}}"#;

const EVENTS: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\r\n\r\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":12,\"total_tokens\":42}}\n\n\
    data: [DONE]\n\n";

const ANTHROPIC: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":\
    {\"input_tokens\":30,\"output_tokens\":1}}}\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":12}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// A server with 1,000 tokens a minute; each request is estimated at 500.
fn house(doors: &Doors, set_up: impl FnOnce(GateBuilder) -> GateBuilder) -> House {
    doors.house_with(acme().tokens_per_minute(1_000), |gate| {
        let gate = gate.estimate_with(|_| Cost::tokens(500));
        set_up(gate.usage_from(UsageFormat::OpenAi))
    })
}

fn json(answer: Answer) -> Answer {
    answer.header("content-type", "application/json")
}

fn events(chunks: Chunks) -> Answer {
    Answer::stream(chunks).header("content-type", "text/event-stream")
}

/// What is left once `answer` has been read to its end, which must arrive as it was.
async fn left_after(
    house: &House,
    body: &str,
    answer: impl Fn() -> Answer + Send + Sync + 'static,
) -> u64 {
    let act = house.answering(answer);
    assert_eq!(house.served(get("/").act(&act)).await.text(), body);
    house.quiet().await;
    house.left("tokens_per_minute").await
}

async fn a_json_body_that_is_all_there_tells_its_usage(doors: Doors) {
    let house = house(&doors, |gate| gate);
    assert_eq!(
        left_after(&house, JSON, || json(Answer::text(JSON))).await,
        958
    );
}

async fn a_json_body_that_comes_in_odd_pieces_tells_its_usage_and_arrives_as_it_was(doors: Doors) {
    for size in [1, 7, 30] {
        let house = house(&doors, |gate| gate);
        let left = left_after(&house, JSON, move || {
            json(Answer::stream(Chunks::of(JSON.as_bytes().chunks(size))))
        });
        assert_eq!(left.await, 958, "in pieces of {size}");
    }
}

async fn a_json_body_of_an_announced_length_tells_its_usage(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let length = u64::try_from(JSON.len()).unwrap();
    let left = left_after(&house, JSON, move || {
        json(Answer::announced(
            length,
            Chunks::of(JSON.as_bytes().chunks(50)),
        ))
    });
    assert_eq!(left.await, 958);
    assert_eq!(house.diary.endings(), [(Some(200), true)]);
}

async fn a_stream_of_events_tells_its_usage_wherever_it_is_cut(doors: Doors) {
    for size in [1, 5, 64, 1_000] {
        let house = house(&doors, |gate| gate);
        let left = left_after(&house, EVENTS, move || {
            events(Chunks::of(EVENTS.as_bytes().chunks(size)))
        });
        assert_eq!(left.await, 958, "in pieces of {size}");
    }
}

async fn nothing_of_a_stream_is_held_back(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let (act, mut taps) = house.streaming(events);
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    let tap = taps.recv().await.unwrap();
    for piece in ["data: {\"choi", "ces\":[]", "}\n\nda", "ta: [DONE]\n\n"] {
        tap.send(piece);
        if line.awaits_head() {
            line.head().await.unwrap();
        }
        assert_eq!(line.piece().await.unwrap().unwrap(), piece.as_bytes());
    }
    drop(tap);
    assert!(line.piece().await.is_none());
    house.quiet().await;
    assert_eq!(
        house.left("tokens_per_minute").await,
        500,
        "it told nothing"
    );
}

async fn anthropic_s_events_tell_their_usage(doors: Doors) {
    let house = house(&doors, |gate| gate.usage_from(UsageFormat::Anthropic));
    let left = left_after(&house, ANTHROPIC, || {
        events(Chunks::of(ANTHROPIC.as_bytes().chunks(11)))
    });
    assert_eq!(left.await, 958);
}

async fn a_compressed_body_tells_nothing(doors: Doors) {
    let house = house(&doors, |gate| gate.on_drop(OnDrop::Refund));
    let left = left_after(&house, JSON, || {
        json(Answer::text(JSON)).header("content-encoding", "br")
    });
    assert_eq!(left.await, 1_000, "the drop rule decides");
}

async fn a_body_that_breaks_off_before_it_has_told_leaves_it_to_the_drop_rule(doors: Doors) {
    for (rule, after) in [(OnDrop::Keep, 500), (OnDrop::Refund, 1_000)] {
        let house = house(&doors, |gate| gate.on_drop(rule));
        let (act, mut taps) = house.streaming(events);
        let mut line = house.line().await;
        line.send(&[&get("/").act(&act)]).await;
        let tap = taps.recv().await.unwrap();
        tap.send(&EVENTS[..60]);
        tap.fail();
        line.seen().await;
        house.quiet().await;
        assert_eq!(house.left("tokens_per_minute").await, after);
    }
}

async fn a_client_that_goes_after_it_was_told_pays_what_was_used(doors: Doors) {
    let house = house(&doors, |gate| gate);
    let (act, mut taps) = house.streaming(events);
    let mut line = house.line().await;
    line.send(&[&get("/").act(&act)]).await;
    let tap = taps.recv().await.unwrap();
    tap.send(EVENTS);
    line.head().await.unwrap();
    line.piece().await.unwrap().unwrap();
    line.vanish();
    tap.gone().await;
    house.quiet().await;
    assert_eq!(house.left("tokens_per_minute").await, 958);
    assert_eq!(house.diary.endings(), [(Some(200), false)]);
}

async fn handlers_and_statuses_go_before_the_body(doors: Doors) {
    let refunding = house(&doors, |gate| gate.on_outcome(|_| Charge::Refund));
    assert_eq!(
        left_after(&refunding, JSON, || json(Answer::text(JSON))).await,
        1_000
    );
    let settling = house(&doors, |gate| gate);
    let act = settling.act(|visit| async move {
        visit.permit().settle(&Cost::tokens(7)).unwrap();
        Ok(json(Answer::text(JSON)))
    });
    settling.served(get("/").act(&act)).await;
    settling.quiet().await;
    assert_eq!(settling.left("tokens_per_minute").await, 993);
}

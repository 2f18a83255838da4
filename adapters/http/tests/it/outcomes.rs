//! What becomes of a charge by the response's status.

use tollgate::Cost;
use tollgate_http::{Charge, HeaderProfile, Outcome};

use crate::kit::{Answer, Head, Kit, acme};

fn kit() -> Kit {
    Kit::with(acme().tokens_per_minute(1_000), |gate| {
        gate.profiles([HeaderProfile::Quota])
            .estimate_with(|_| Cost::tokens(500))
            .on_outcome(|status| match status {
                500.. => Charge::Refund,
                400..=499 => Charge::Keep,
                _ => Charge::Open,
            })
    })
}

#[tokio::test]
async fn a_status_settles_what_the_handler_left_open_and_the_headers_tell_it_already() {
    for (status, outcome, left) in [
        (503, Some(Outcome::Refunded), "1000"),
        (404, Some(Outcome::Kept), "500"),
        (200, None, "500"),
    ] {
        let kit = kit();
        let mut admission = kit.admitted(&Head::get("/")).await;
        kit.gate.answered(&mut admission, &Answer(status, &[]));
        assert_eq!(admission.permit().outcome(), outcome, "{status}");
        let told = [("x-quota-remaining-tokens".to_owned(), left.to_owned())];
        assert_eq!(kit.report(status, &admission), told);
    }
}

#[tokio::test]
async fn a_handler_that_has_settled_knows_better_than_the_status() {
    let kit = kit();
    let mut admission = kit.admitted(&Head::get("/")).await;
    admission.permit().settle(&Cost::tokens(20)).unwrap();
    kit.gate.answered(&mut admission, &Answer(503, &[]));
    assert_eq!(admission.permit().outcome(), Some(Outcome::Settled));
    let told = [("x-quota-remaining-tokens".to_owned(), "980".to_owned())];
    assert_eq!(kit.report(503, &admission), told);
}

//! What a layer before the gate has read in the body.

use tollgate::{Cost, Dimension};
use tollgate_http::Facts;

use crate::kit::{Head, Kit, acme, json};

#[tokio::test]
async fn a_model_in_the_body_goes_before_the_header_s() {
    let kit = Kit::new(acme().allow_models(["small"]));
    let body = |model: &str| Facts::new().model(model);
    let sly = Head::get("/")
        .with("x-model", "small")
        .with_facts(body("large"));
    let refusal = json(&kit.refused(&sly).await);
    assert_eq!(refusal["code"], "tenant_policy_denied");
    let honest = Head::get("/")
        .with("x-model", "large")
        .with_facts(body("small"));
    kit.admitted(&honest).await.finish();
}

#[tokio::test]
async fn a_tool_in_the_body_is_asked_for_as_one_in_a_header_and_no_list_has_an_endless_name() {
    let kit = Kit::new(acme().allow_tools(["search"]));
    let body = |tool: &str| Head::get("/").with_facts(Facts::new().tool(tool));
    kit.admitted(&body("search")).await.finish();
    for other in ["shell", &"search".repeat(1_000)] {
        let refusal = kit.refused(&body(other)).await;
        assert_eq!(refusal.status, 403);
        assert!(refusal.body.len() < 1_000, "{refusal:?}");
    }
}

#[tokio::test]
async fn facts_that_name_nothing_leave_the_word_to_the_headers() {
    let kit = Kit::new(acme().allow_models(["small"]));
    let head = Head::get("/").with("x-model", "large");
    let refusal = kit.refused(&head.with_facts(Facts::new())).await;
    assert_eq!(refusal.status, 403);
}

#[tokio::test]
async fn of_every_dimension_the_largest_estimate_counts() {
    let kit = Kit::with(acme(), |gate| {
        gate.tokens_from_header("x-token-count")
            .estimate_with(|_| Cost::tokens(100).and("bytes".parse().unwrap(), 7))
    });
    let (bytes, pages): (Dimension, Dimension) =
        ("bytes".parse().unwrap(), "pages".parse().unwrap());
    let facts = Facts::new().cost(
        Cost::tokens(300)
            .and(bytes.clone(), 5)
            .and(pages.clone(), 2),
    );
    let head = Head::get("/").with_facts(facts);
    let charged = |admission: tollgate_http::Admission| admission.permit().cost().clone();
    let cost = charged(kit.admitted(&head).await);
    let amounts = [&Dimension::Requests, &Dimension::Tokens, &bytes, &pages];
    assert_eq!(amounts.map(|of| cost.get(of)), [1, 300, 7, 2]);
    let cost = charged(kit.admitted(&head.with("x-token-count", "400")).await);
    assert_eq!(cost.get(&Dimension::Tokens), 400);
}

use super::*;

fn read(body: &Value) -> Result<Ask, Refusal> {
    Ask::read(body.to_string().as_bytes())
}

fn ask(more: &Value) -> Value {
    let mut body =
        json!({"model": "gpt-4", "messages": [{"role": "user", "content": "hello there"}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn sent(ask: Ask) -> Value {
    serde_json::from_slice(&ask.into_body()).unwrap()
}

#[test]
fn the_cost_is_the_prompt_and_every_answer_at_its_longest() {
    let cost = |more| {
        let facts = read(&ask(&more)).unwrap().facts(100);
        assert_eq!(facts.named_model(), Some("gpt-4"));
        facts.estimated_cost().unwrap().to_string()
    };
    // "role", "user", "content" and "hello there" are 26 bytes, and 4 tokens are around them.
    assert_eq!(
        cost(json!({})),
        "tokens=111 input_tokens=11 output_tokens=100"
    );
    assert_eq!(
        cost(json!({"max_tokens": 50, "n": 3})),
        "tokens=161 input_tokens=11 output_tokens=150"
    );
    assert_eq!(
        cost(json!({"max_tokens": 7, "max_completion_tokens": 9})),
        "tokens=20 input_tokens=11 output_tokens=9"
    );
    assert!(
        cost(json!({"max_tokens": u64::MAX, "n": 2})).starts_with("tokens=18446744073709551615 ")
    );
}

#[test]
fn a_picture_in_the_prompt_is_not_counted_by_its_bytes() {
    let url = format!("data:image/png;base64,{}", "A".repeat(1 << 20));
    let content = json!([{"type": "image_url", "image_url": {"url": url}}]);
    let prompt = read(&json!({"model": "m", "messages": [{"role": "user", "content": content}]}))
        .unwrap()
        .prompt;
    assert!((1_000..1_100).contains(&prompt), "{prompt}");
}

#[test]
fn what_is_wrong_is_a_400_that_names_the_member() {
    let text = json!("7");
    for (body, param) in [
        (json!({"messages": []}), "\"model\""),
        (json!({"model": "", "messages": []}), "\"model\""),
        (json!({"model": ["a"], "messages": []}), "\"model\""),
        (json!({"model": "m"}), "\"messages\""),
        (ask(&json!({"n": 0})), "\"n\""),
        (ask(&json!({"n": 129})), "\"n\""),
        (ask(&json!({"max_tokens": -1})), "\"max_tokens\""),
        (ask(&json!({"max_tokens": 1.5})), "\"max_tokens\""),
        (ask(&json!({"max_tokens": text})), "\"max_tokens\""),
        (
            ask(&json!({"max_completion_tokens": 0})),
            "\"max_completion_tokens\"",
        ),
        (ask(&json!({"stream": "yes"})), "\"stream\""),
        (ask(&json!({"stream_options": []})), "\"stream_options\""),
        (
            ask(&json!({"stream_options": {"include_usage": 1}})),
            "\"stream_options\"",
        ),
        (json!([]), "None"),
    ] {
        let refusal = format!("{:?}", read(&body).unwrap_err());
        assert!(
            refusal.contains(param) && refusal.contains("400"),
            "{body}: {refusal}"
        );
    }
    assert!(Ask::read(b"{").is_err() && Ask::read(b"").is_err());
}

#[test]
fn a_stream_is_always_asked_for_its_usage_and_the_client_gets_what_it_asked_for() {
    let options = |more| {
        let ask = read(&ask(&more)).unwrap();
        (ask.hides_usage(), sent(ask)["stream_options"].clone())
    };
    let usage = json!({"include_usage": true});
    assert_eq!(options(json!({})), (false, Value::Null));
    assert_eq!(options(json!({"stream": true})), (true, usage.clone()));
    assert_eq!(
        options(json!({"stream": true, "stream_options": null})),
        (true, usage.clone())
    );
    assert_eq!(
        options(json!({"stream": true, "stream_options": {"include_usage": false}})),
        (true, usage.clone())
    );
    assert_eq!(
        options(json!({"stream": true, "stream_options": usage})),
        (false, usage.clone())
    );
    let (_, kept) =
        options(json!({"stream": true, "stream_options": {"include_obfuscation": false}}));
    assert_eq!(
        kept,
        json!({"include_obfuscation": false, "include_usage": true})
    );
}

#[test]
fn a_member_that_is_there_twice_goes_on_as_it_was_read() {
    let body = br#"{"model": "cheap", "messages": [], "model": "dear"}"#;
    let ask = Ask::read(body).unwrap();
    assert_eq!(ask.model(), "dear");
    assert_eq!(sent(ask), json!({"model": "dear", "messages": []}));
}

#[test]
fn an_answer_is_shortened_under_the_name_that_the_client_used() {
    let shortened = |more| {
        let mut ask = read(&ask(&more)).unwrap();
        ask.shorten(40);
        let sent = sent(ask);
        (
            sent["max_tokens"].clone(),
            sent["max_completion_tokens"].clone(),
        )
    };
    let none = Value::Null;
    assert_eq!(
        shortened(json!({"max_tokens": 90})),
        (json!(40), none.clone())
    );
    assert_eq!(
        shortened(json!({"max_tokens": 9})),
        (json!(9), none.clone())
    );
    assert_eq!(
        shortened(json!({"max_completion_tokens": 90})),
        (none.clone(), json!(40))
    );
    assert_eq!(shortened(json!({})), (none.clone(), json!(40)));
    assert_eq!(shortened(json!({"max_tokens": null})), (none, json!(40)));
}

//! Refusals in the words of OpenAI and of Anthropic, as their own clients read them.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate::{Cost, Dimension, Engine, LimitConfig, TenantConfig};
use tollgate_http::{
    Entry, Field, Gate, GateBuilder, InvalidCredential, Rejection, Reply, Resolver,
};

use super::fields::Fields;
use crate::kit::{Down, Head, Kit, acme, id, json};

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    OpenAi,
    Anthropic,
}

impl Shape {
    const BOTH: [Self; 2] = [Self::OpenAi, Self::Anthropic];

    fn set_up(self, gate: GateBuilder) -> GateBuilder {
        let gate = gate
            .tokens_from_header("x-tokens")
            .resolver(Resolver::path_after("/t"))
            .accept_unproven()
            .resolver(Resolver::credential(|request| {
                match request.header("x-api-key") {
                    Field::Absent => Ok(None),
                    Field::Once(_) | Field::Repeated => {
                        Err(InvalidCredential::new("nobody has this key"))
                    }
                }
            }));
        match self {
            Self::OpenAi => gate.on_rejected(Rejection::openai_reply),
            Self::Anthropic => gate.on_rejected(Rejection::anthropic_reply),
        }
    }

    fn kit(self, config: TenantConfig) -> Kit {
        Kit::with(config, |gate| self.set_up(gate))
    }

    /// The parts of a refusal's body, after checking that it has no others.
    fn read(self, reply: &Reply) -> Told {
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let body = json(reply);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let error = &body["error"];
        let told = Told {
            kind: text(&error["type"]),
            message: text(&error["message"]),
            code: error["code"].as_str().map(str::to_owned),
            param: error["param"].as_str().map(str::to_owned),
        };
        let whole = match self {
            Self::OpenAi => json!({"error": {
                "message": told.message, "type": told.kind, "param": told.param, "code": told.code,
            }}),
            Self::Anthropic => json!({
                "type": "error", "request_id": null,
                "error": {"type": told.kind, "message": told.message},
            }),
        };
        assert_eq!(body, whole);
        told
    }
}

struct Told {
    kind: String,
    message: String,
    code: Option<String>,
    param: Option<String>,
}

/// What is told in both shapes of the request that `ask` has refused.
async fn told(config: TenantConfig, ask: impl AsyncFn(&Kit) -> Reply) -> [(Reply, Told); 2] {
    let [mut openai, mut anthropic] = [None, None];
    for shape in Shape::BOTH {
        let reply = ask(&shape.kit(config.clone())).await;
        let told = shape.read(&reply);
        *if shape == Shape::OpenAi {
            &mut openai
        } else {
            &mut anthropic
        } = Some((reply, told));
    }
    [openai.unwrap(), anthropic.unwrap()]
}

fn tokens(amount: u64) -> Head {
    Head::get("/").with("x-tokens", amount.to_string())
}

fn bucket(dimension: Dimension, capacity: u64) -> LimitConfig {
    LimitConfig::bucket("steady", dimension, capacity, MINUTE, capacity)
}

#[tokio::test]
async fn a_used_up_limit_is_told_with_its_numbers_and_the_time_to_come_again() {
    let [openai, anthropic] = told(
        acme().limit(bucket(Dimension::Tokens, 10_000)),
        async |kit| {
            kit.admitted(&tokens(9_000)).await.finish();
            kit.refused(&tokens(2_000)).await
        },
    )
    .await;
    let message = "Rate limit reached on tokens (\"steady\"): Limit 10000, Used 9000, Requested 2000. \
                   Please try again in 6s.";
    for (reply, told) in [&openai, &anthropic] {
        assert_eq!((reply.status, &*told.message), (429, message));
        assert_eq!(reply.header("retry-after"), Some("6"));
        assert_eq!(reply.header("retry-after-ms"), Some("6000"));
        assert_eq!(reply.header("x-should-retry"), None);
        assert!(reply.header("ratelimit").is_some());
    }
    assert_eq!(openai.1.kind, "tokens");
    assert_eq!(openai.1.code.as_deref(), Some("rate_limit_exceeded"));
    assert_eq!(openai.1.param, None);
    assert_eq!(anthropic.1.kind, "rate_limit_error");
}

#[tokio::test]
async fn the_time_in_the_message_is_that_of_the_header_and_who_keeps_it_is_admitted() {
    for shape in Shape::BOTH {
        let kit = shape.kit(acme().limit(bucket(Dimension::Tokens, 7_001)));
        kit.clock.advance(Duration::from_nanos(123_456_789));
        kit.admitted(&tokens(7_001)).await.finish();
        let reply = kit.refused(&tokens(5_000)).await;
        let fields = Fields::of(
            reply
                .headers
                .iter()
                .map(|(name, value)| (&**name, &**value)),
        );
        let millis = fields.number("retry-after-ms").unwrap();
        let message = shape.read(&reply).message;
        let (_, said) = message.split_once("Please try again in ").unwrap();
        // 42.851 s: the form that clients look for is `\d+(\.\d+)?s`.
        let seconds: f64 = said.strip_suffix("s.").unwrap().parse().unwrap();
        assert_eq!(
            Duration::from_secs_f64(seconds),
            Duration::from_millis(millis),
            "{said}"
        );
        kit.clock.advance(Duration::from_millis(millis - 1));
        kit.refused(&tokens(5_000)).await;
        kit.clock.advance(Duration::from_millis(1));
        kit.admitted(&tokens(5_000)).await.finish();
    }
}

#[tokio::test]
async fn openai_s_type_is_what_the_limit_counts() {
    let counts = async |dimension: &str| {
        let dimension: Dimension = dimension.parse().unwrap();
        let cost = Cost::none().and(dimension.clone(), 1);
        let kit = Kit::with(acme().limit(bucket(dimension, 1)), |gate| {
            gate.on_rejected(Rejection::openai_reply)
                .estimate_with(move |_| cost.clone())
        });
        kit.admitted(&Head::get("/")).await.finish();
        Shape::OpenAi.read(&kit.refused(&Head::get("/")).await).kind
    };
    for (dimension, kind) in [
        ("requests", "requests"),
        ("tokens", "tokens"),
        ("input_tokens", "tokens"),
        ("bytes", "requests"),
    ] {
        assert_eq!(counts(dimension).await, kind, "{dimension}");
    }
}

#[tokio::test]
async fn a_request_larger_than_the_limit_is_told_not_to_come_again() {
    let [openai, anthropic] = told(acme().tokens_per_minute(30_000), async |kit| {
        kit.refused(&tokens(30_601)).await
    })
    .await;
    let message = "Request too large on tokens (\"tokens_per_minute\"): Limit 30000, Requested 30601. \
                   It must be made smaller to run successfully.";
    for (reply, told) in [&openai, &anthropic] {
        assert_eq!((reply.status, &*told.message), (429, message));
        assert_eq!(reply.header("x-should-retry"), Some("false"));
        assert_eq!(reply.header("retry-after"), None);
        assert_eq!(reply.header("retry-after-ms"), None);
    }
    assert_eq!(openai.1.kind, "tokens");
    assert_eq!(openai.1.code.as_deref(), Some("rate_limit_exceeded"));
    assert_eq!(anthropic.1.kind, "rate_limit_error");
}

#[tokio::test]
async fn slots_in_use_are_told_so_and_to_come_again_in_a_second() {
    let slots = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
    let replies = told(acme().limit(slots), async |kit| {
        let held = kit.admitted(&Head::get("/")).await;
        let reply = kit.refused(&Head::get("/")).await;
        held.finish();
        reply
    })
    .await;
    for (reply, told) in replies {
        let message = "Too many requests at once on requests (\"in-flight\"): Limit 1. \
                       Please try again in 1s.";
        assert_eq!((reply.status, &*told.message), (429, message));
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(reply.header("x-should-retry"), None);
    }
}

#[tokio::test]
async fn limits_that_are_kept_from_clients_are_not_in_the_message_either() {
    for shape in Shape::BOTH {
        let config = acme().tokens_per_minute(10).requests_per_minute(1);
        let kit = Kit::with(config, |gate| shape.set_up(gate).expose_limits(false));
        let large = shape.read(&kit.refused(&tokens(11)).await);
        assert_eq!(
            large.message,
            "Request too large. It must be made smaller to run successfully."
        );
        kit.admitted(&tokens(10)).await.finish();
        let used = shape.read(&kit.refused(&tokens(10)).await);
        assert!(
            used.message
                .starts_with("Rate limit reached. Please try again in "),
            "{}",
            used.message
        );
        for told in [large, used] {
            assert!(!told.message.contains("minute") && !told.message.contains("10,"));
            assert!(told.kind != "tokens");
        }
    }
}

#[tokio::test]
async fn a_model_that_is_not_allowed_is_a_403_in_the_words_of_each() {
    let [openai, anthropic] = told(acme().allow_models(["gpt-4"]), async |kit| {
        kit.refused(&Head::get("/").with("x-model", "gpt-5")).await
    })
    .await;
    for (reply, told) in [&openai, &anthropic] {
        assert_eq!(reply.status, 403);
        assert_eq!(
            told.message,
            "tenant \"acme\": model \"gpt-5\" is not allowed"
        );
    }
    assert_eq!(openai.1.kind, "invalid_request_error");
    assert_eq!(openai.1.code.as_deref(), Some("model_not_found"));
    assert_eq!(openai.1.param.as_deref(), Some("model"));
    assert_eq!(anthropic.1.kind, "permission_error");
}

/// Every other refusal, with its status and what each calls it.
#[tokio::test]
async fn every_refusal_keeps_its_status_and_has_a_type_that_clients_know() {
    let config = || acme().allow_tools(["search"]);
    let invalid = "invalid_request_error";
    let cases: [(Head, u16, &str, &str, &str); 7] = [
        (
            Head::anonymous("/"),
            401,
            invalid,
            "invalid_api_key",
            "authentication_error",
        ),
        (
            Head::anonymous("/").with("x-api-key", "x"),
            401,
            invalid,
            "invalid_api_key",
            "authentication_error",
        ),
        (
            Head::get("/t/other"),
            403,
            invalid,
            "tenant_mismatch",
            "permission_error",
        ),
        (
            Head::of("a b", "/"),
            400,
            invalid,
            "tenant_invalid_id",
            invalid,
        ),
        (
            Head::get("/").with("x-tokens", "-1"),
            400,
            invalid,
            "cost_invalid",
            invalid,
        ),
        (
            Head::of("nobody", "/"),
            404,
            invalid,
            "tenant_not_found",
            "not_found_error",
        ),
        (
            Head::get("/").with("x-tool", "rm"),
            403,
            invalid,
            "tenant_policy_denied",
            "permission_error",
        ),
    ];
    for (head, status, kind, code, anthropic_kind) in cases {
        let [openai, anthropic] = told(config(), async |kit| kit.refused(&head).await).await;
        for (reply, told) in [&openai, &anthropic] {
            assert_eq!(reply.status, status, "{head:?}");
            assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
            assert_eq!(reply.header("retry-after"), None);
            assert!(!told.message.is_empty() && told.message.len() < 400);
        }
        assert_eq!(
            (&*openai.1.kind, openai.1.code.as_deref()),
            (kind, Some(code))
        );
        assert_eq!(openai.1.param, None);
        assert_eq!(anthropic.1.kind, anthropic_kind);
    }
    let [openai, anthropic] = told(acme(), async |kit| {
        kit.admitted(&Head::get("/")).await.finish();
        assert!(kit.source.suspend(&id("acme")));
        kit.refused(&Head::get("/")).await
    })
    .await;
    assert_eq!((openai.0.status, anthropic.0.status), (403, 403));
    assert_eq!(openai.1.code.as_deref(), Some("tenant_suspended"));
    assert_eq!(anthropic.1.kind, "permission_error");
}

#[tokio::test]
async fn limits_that_can_t_be_read_are_a_503_to_be_tried_again() {
    for (shape, kind) in [
        (Shape::OpenAi, "server_error"),
        (Shape::Anthropic, "api_error"),
    ] {
        let engine = Engine::builder().source(Down).build().unwrap();
        let gate = shape.set_up(Gate::builder(engine)).build().unwrap();
        let Entry::Rejected(reply) = gate.enter(&Head::get("/")).await else {
            panic!("admitted")
        };
        let told = shape.read(&reply);
        assert_eq!((reply.status, &*told.kind), (503, kind));
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert!(!told.message.contains("db-7"), "{}", told.message);
    }
}

#[tokio::test]
async fn a_name_as_long_as_can_be_is_cut_and_stays_json() {
    let model = format!("\"\\{}", "é".repeat(120));
    for shape in Shape::BOTH {
        let kit = shape.kit(acme().allow_models(["a"]));
        let reply = kit.refused(&Head::get("/").with("x-model", &model)).await;
        assert!(shape.read(&reply).message.chars().count() <= 301);
    }
}

#[tokio::test]
async fn the_time_to_come_again_is_told_however_long_the_name_of_a_parent_is() {
    for shape in Shape::BOTH {
        let kit = shape.kit(acme());
        let parent = "p".repeat(255);
        let one = TenantConfig::new(id(&parent)).requests_per_minute(1);
        kit.source.set(one).unwrap();
        kit.source
            .set(TenantConfig::new(id("child")).parent(id(&parent)))
            .unwrap();
        let child = Head::of("child", "/");
        kit.admitted(&child).await.finish();
        let reply = kit.refused(&child).await;
        let message = shape.read(&reply).message;
        let (reason, advice) = message.split_once(" Please try again in ").unwrap();
        assert!(
            reason.contains("of \"ppp") && reason.ends_with('…'),
            "{message}"
        );
        assert!(advice.ends_with("s."), "{message}");
    }
}

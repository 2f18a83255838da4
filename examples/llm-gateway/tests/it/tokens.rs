//! Signed tokens in place of API keys.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::gateway::{Gateway, question};

const SECRET: &str = "a secret of the tests, of more than 32 bytes";

fn token(claims: &Value, secret: &str) -> String {
    let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!(
        "{}.{}",
        part(&json!({"alg": "HS256", "typ": "JWT"})),
        part(claims)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_token_names_the_tenant_and_a_bad_one_is_a_401_that_says_why() {
    let gateway = Gateway::demo(&["--jwt-secret", SECRET]);
    let exp = SystemTime::now() + Duration::from_secs(300);
    let exp = exp.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let ask = |token: &str| gateway.chat(token, &question("demo-small"), &[]);

    let good = ask(&token(&json!({"tenant_id": "globex", "exp": exp}), SECRET));
    assert_eq!(good.status, 200, "{good:?}");
    assert_eq!(gateway.used("sk-demo-globex", "requests_per_minute"), 1);
    assert_eq!(ask("sk-demo-globex").status, 200, "keys are good as well");

    for (bad, why) in [
        (
            token(
                &json!({"tenant_id": "globex", "exp": exp}),
                "another secret of more than 32 bytes",
            ),
            "signature",
        ),
        (
            token(&json!({"tenant_id": "globex", "exp": 1}), SECRET),
            "expired",
        ),
        (token(&json!({"exp": exp}), SECRET), "tenant_id"),
        ("sk.demo".to_owned(), "malformed"),
    ] {
        let answer = ask(&bad);
        assert_eq!(answer.status, 401, "{answer:?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], "invalid_api_key");
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
}

//! Tokens that others have made: the examples of the RFCs.

use std::time::{Duration, SystemTime};

use tollgate_http::jwt::{JwtError, JwtKey, JwtKeys, JwtVerifier};

/// The claims of all examples of RFC 7515: issued by `joe`, until 1,300,819,380.
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// The tenant that the token of RFC 7515 names, if its issuer is one, `late` seconds after it expired.
fn read(jwk: &str, header: &str, signature: &str, late: u64) -> Result<String, JwtError> {
    let keys = JwtKeys::new([JwtKey::jwk(jwk).unwrap()]).unwrap();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_300_819_380 + late);
    let verifier = JwtVerifier::builder(keys)
        .tenant_claim("iss")
        .clock(move || at)
        .build();
    let claims = verifier.verify(&format!("{header}.{CLAIMS}.{signature}"))?;
    assert_eq!(claims.get("http://example.com/is_root"), Some(&true.into()));
    Ok(claims.tenant().to_string())
}

#[test]
fn the_tokens_of_rfc_7515_are_good_until_they_expire() {
    let examples = [
        (
            // A.1
            r#"{"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        (
            // A.3
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
    ];
    for (jwk, header, signature) in examples {
        assert_eq!(
            read(jwk, header, signature, 0).as_deref(),
            Ok("joe"),
            "{jwk}"
        );
        assert_eq!(read(jwk, header, signature, 59).as_deref(), Ok("joe"));
        assert_eq!(read(jwk, header, signature, 60), Err(JwtError::Expired));
    }
}

/// Ed25519's own example is not of claims: what is proved is that the signature was looked at first.
#[test]
fn the_token_of_rfc_8037_is_signed_and_holds_no_claims() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let verifier = JwtVerifier::builder(JwtKeys::new([JwtKey::jwk(jwk).unwrap()]).unwrap()).build();
    let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signed = verifier.verify(&format!("{message}.{signature}"));
    assert!(
        matches!(signed, Err(JwtError::Malformed { .. })),
        "{signed:?}"
    );
    let other = signature.replacen('h', "i", 1);
    assert_eq!(
        verifier.verify(&format!("{message}.{other}")),
        Err(JwtError::BadSignature)
    );
}

//! Tokens that somebody has made to be what they are not.

use serde_json::{Value, json};
use tollgate_http::jwt::{JwtAlgorithm, JwtError, JwtKey, JwtKeyError};

use super::kit::{Issuer, SECRET, base64url, builder, good};

#[test]
fn every_algorithm_s_token_is_good_with_its_key_and_with_no_other() {
    let issuers = Issuer::all();
    assert_eq!(issuers.len(), 12);
    for verifying in &issuers {
        for signing in &issuers {
            let read = verifying.verifier().verify(&signing.token(&good()));
            if verifying.algorithm == signing.algorithm {
                assert_eq!(read.unwrap().tenant().as_str(), "acme");
            } else {
                let (verifying, signing) = (verifying.algorithm, signing.algorithm);
                assert_eq!(
                    read,
                    Err(JwtError::WrongAlgorithm),
                    "{signing} at {verifying}"
                );
            }
        }
    }
}

#[test]
fn a_token_without_a_signature_is_refused_however_none_is_spelt() {
    for issuer in Issuer::all() {
        let verifier = issuer.verifier();
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let unsigned = format!(
                "{}.{}.",
                base64url(json!({"alg": none}).to_string()),
                base64url(good().to_string())
            );
            let signed = issuer.token_with(&json!({"alg": none}), &good());
            for token in [unsigned, signed] {
                assert_eq!(verifier.verify(&token), Err(JwtError::UnsupportedAlgorithm));
            }
        }
        let header = base64url(json!({"alg": issuer.algorithm.as_str()}).to_string());
        let bare = format!("{header}.{}.", base64url(good().to_string()));
        assert_eq!(verifier.verify(&bare), Err(JwtError::BadSignature));
    }
}

#[test]
fn the_public_key_is_no_secret_to_sign_with() {
    let rsa = Issuer::rsa(JwtAlgorithm::Rs256);
    let pem = rsa.pem();
    for secret in [pem.as_bytes(), pem.trim().as_bytes(), &rsa.public] {
        for algorithm in [
            JwtAlgorithm::Hs256,
            JwtAlgorithm::Hs384,
            JwtAlgorithm::Hs512,
        ] {
            let forged = Issuer::hmac(algorithm, secret).token(&good());
            assert_eq!(
                rsa.verifier().verify(&forged),
                Err(JwtError::WrongAlgorithm)
            );
            // Nor does it help that the verifier has a secret as well.
            let both = builder([rsa.key(), Issuer::hmac(algorithm, SECRET).key()]).build();
            assert_eq!(both.verify(&forged), Err(JwtError::BadSignature));
        }
    }
    assert!(matches!(
        JwtKey::secret(JwtAlgorithm::Hs256, pem.as_bytes()),
        Err(JwtKeyError::SecretIsPem)
    ));
}

#[test]
fn a_header_can_t_choose_another_padding_hash_or_curve() {
    let issuers = Issuer::all();
    for issuer in &issuers {
        for claimed in &issuers {
            if claimed.algorithm != issuer.algorithm {
                let header = json!({"alg": claimed.algorithm.as_str()});
                let token = issuer.token_with(&header, &good());
                let read = issuer.verifier().verify(&token);
                assert_eq!(read, Err(JwtError::WrongAlgorithm));
                // The key of the claimed algorithm has not signed it.
                let both = builder([issuer.key(), claimed.key()]).build();
                assert_eq!(both.verify(&token), Err(JwtError::BadSignature));
            }
        }
    }
}

#[test]
fn a_kid_chooses_the_key_and_with_it_the_algorithm() {
    let (es, rs) = (
        Issuer::ec(JwtAlgorithm::Es256),
        Issuer::rsa(JwtAlgorithm::Rs256),
    );
    let keys = [es.key().with_kid("es"), rs.key().with_kid("rs")];
    let verifier = builder(keys).build();
    assert!(verifier.verify(&es.token_named("es", &good())).is_ok());
    assert!(verifier.verify(&rs.token_named("rs", &good())).is_ok());
    let swapped = [es.token_named("rs", &good()), rs.token_named("es", &good())];
    for token in swapped {
        assert_eq!(verifier.verify(&token), Err(JwtError::WrongAlgorithm));
    }
    let lying = es.token_with(&json!({"alg": "RS256", "kid": "rs"}), &good());
    assert_eq!(verifier.verify(&lying), Err(JwtError::BadSignature));
}

#[test]
fn of_two_keys_for_one_algorithm_only_the_named_one_counts() {
    let (a, b) = (
        Issuer::ec(JwtAlgorithm::Es256),
        Issuer::ec(JwtAlgorithm::Es256),
    );
    let verifier = builder([a.key().with_kid("a"), b.key().with_kid("b")]).build();
    assert!(verifier.verify(&a.token_named("a", &good())).is_ok());
    assert_eq!(
        verifier.verify(&a.token_named("b", &good())),
        Err(JwtError::BadSignature)
    );
}

#[test]
fn an_unknown_kid_is_refused_and_no_other_key_is_tried() {
    let issuer = Issuer::ed();
    let (named, nameless) = (
        builder([issuer.key().with_kid("a")]).build(),
        issuer.verifier(),
    );
    for kid in ["b", "A", "a ", "", "../../dev/null", "' OR 1=1 --"] {
        let token = issuer.token_named(kid, &good());
        assert_eq!(named.verify(&token), Err(JwtError::UnknownKey));
        assert_eq!(nameless.verify(&token), Err(JwtError::UnknownKey));
    }
    assert_eq!(
        named.verify(&issuer.token(&good())),
        Err(JwtError::UnknownKey),
        "a token that names no key is not for a key with a name"
    );
    for odd in [json!(1), json!(["a"]), json!({"a": 1})] {
        let header = json!({"alg": "EdDSA", "kid": odd});
        let read = named.verify(&issuer.token_with(&header, &good()));
        assert!(matches!(read, Err(JwtError::Malformed { .. })));
    }
}

#[test]
fn a_key_that_the_token_brings_along_is_not_looked_at() {
    let (honest, evil) = (Issuer::ed(), Issuer::ed());
    let header = json!({
        "alg": "EdDSA", "jwk": evil.jwk, "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/cert", "x5c": [base64url(&evil.public)],
    });
    let read = honest.verifier().verify(&evil.token_with(&header, &good()));
    assert_eq!(read, Err(JwtError::BadSignature));
    // An honest issuer may send them.
    assert!(
        honest
            .verifier()
            .verify(&honest.token_with(&header, &good()))
            .is_ok()
    );
}

#[test]
fn extensions_that_must_be_understood_are_refused() {
    let issuer = Issuer::ed();
    for crit in [
        json!(["b64"]),
        json!(["exp"]),
        json!([]),
        json!(null),
        json!("b64"),
    ] {
        let header = json!({"alg": "EdDSA", "crit": crit, "b64": false});
        let read = issuer
            .verifier()
            .verify(&issuer.token_with(&header, &good()));
        assert_eq!(read, Err(JwtError::Critical));
    }
}

#[test]
fn nothing_of_a_token_can_be_changed() {
    let issuer = Issuer::ec(JwtAlgorithm::Es256);
    let verifier = issuer.verifier();
    let token = issuer.token(&good());
    assert!(verifier.verify(&token).is_ok());
    for (place, byte) in token.bytes().enumerate() {
        for other in [b'A', b'B', b'-', b'.', b'=', b' ', 0] {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = other;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                verifier.verify(&changed).is_ok(),
                other == byte,
                "{changed}"
            );
        }
        assert!(verifier.verify(&token[..place]).is_err());
    }
    let parts: Vec<_> = token.split('.').collect();
    let mut claims = good();
    claims["tenant_id"] = json!("evil");
    let forged = format!(
        "{}.{}.{}",
        parts[0],
        base64url(claims.to_string()),
        parts[2]
    );
    assert_eq!(verifier.verify(&forged), Err(JwtError::BadSignature));
}

#[test]
fn the_same_claims_can_t_be_written_in_another_way() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    let verifier = issuer.verifier();
    let token = issuer.token(&good());
    let (message, signature) = token.rsplit_once('.').unwrap();
    // 32 bytes are 43 characters, of whose last two bits are none of the signature's.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let twins = alphabet.chars().filter(|&twin| twin != last);
    for twin in twins {
        let other = format!("{message}.{}{twin}", &signature[..42]);
        assert!(verifier.verify(&other).is_err());
    }
    for other in [
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
    ] {
        let read = verifier.verify(&other);
        assert!(matches!(read, Err(JwtError::Malformed { .. })), "{other:?}");
    }
}

#[test]
fn garbage_is_malformed_and_never_a_panic() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    let verifier = issuer.verifier();
    let signed = |message: &str| format!("{message}.{}", issuer.signature(message));
    for garbage in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        "a.b.c.d.e".to_owned(),
        "é.é.é".to_owned(),
        "\0.\0.\0".to_owned(),
        signed("."),
        signed("e30."),
        signed("e30.e30"),
        signed("bnVsbA.e30"),
        signed("eyJhbGciOjF9.e30"),
        format!("{}.e30", issuer.token(&good())),
    ] {
        let read = verifier.verify(&garbage);
        assert!(
            matches!(read, Err(JwtError::Malformed { .. })),
            "{garbage:?}: {read:?}"
        );
    }
    for header in [r#"{"alg":"HS256","alg":"none"}"#, r#"["HS256",null]"#] {
        let read = verifier.verify(&issuer.signed(header, &good().to_string()));
        assert!(matches!(read, Err(JwtError::Malformed { .. })), "{header}");
    }
}

#[test]
fn a_token_is_measured_before_it_is_read() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    let mut claims = good();
    let padded = |claims: &mut Value, length: usize| {
        claims["pad"] = json!("x".repeat(length));
        issuer.token(claims)
    };
    let verifier = issuer.verifier();
    let fits = padded(&mut claims, 5_900);
    assert!(fits.len() <= 8_192 && verifier.verify(&fits).is_ok());
    let too_long = Err(JwtError::TooLong { most: 8_192 });
    assert_eq!(verifier.verify(&padded(&mut claims, 6_200)), too_long);
    assert_eq!(verifier.verify(&"a".repeat(1 << 24)), too_long);
    let small = builder([issuer.key()]).most_bytes(100).build();
    assert_eq!(
        small.verify(&issuer.token(&good())),
        Err(JwtError::TooLong { most: 100 })
    );
}

#[test]
fn what_is_said_of_a_bad_token_has_nothing_of_it() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    let verifier = issuer.verifier();
    for header in [
        json!({"alg": "SECRETWORD"}),
        json!({"alg": "HS256", "kid": "SECRETWORD"}),
    ] {
        let error = verifier
            .verify(&issuer.token_with(&header, &good()))
            .unwrap_err();
        assert!(!error.to_string().contains("SECRETWORD"));
    }
    let debug = format!("{verifier:?}");
    assert!(!debug.contains("a secret of 64"), "{debug}");
    assert!(!debug.contains(&format!("{:?}", &SECRET[..4])), "{debug}");
}

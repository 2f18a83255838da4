//! Which keys are taken, and for what.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use serde_json::{Value, json};
use tollgate_http::jwt::{JwtAlgorithm, JwtKey, JwtKeyError, JwtKeys};

use super::kit::{Issuer, SECRET, base64url, builder, good, jwks};

#[test]
fn a_secret_is_as_long_as_the_hash() {
    use JwtAlgorithm as A;
    for (algorithm, least) in [(A::Hs256, 32), (A::Hs384, 48), (A::Hs512, 64)] {
        assert!(JwtKey::secret(algorithm, &SECRET[..least]).is_ok());
        for short in [0, 1, least - 1] {
            assert!(matches!(
                JwtKey::secret(algorithm, &SECRET[..short]),
                Err(JwtKeyError::ShortSecret { given, .. }) if given == short
            ));
        }
    }
}

#[test]
fn a_key_is_for_its_own_kind_of_algorithm() {
    for issuer in Issuer::all() {
        let is_secret = JwtKey::secret(issuer.algorithm, SECRET).is_ok();
        let is_public = JwtKey::der(issuer.algorithm, &issuer.public).is_ok();
        assert_eq!(is_secret, issuer.algorithm.as_str().starts_with("HS"));
        assert_eq!(is_public, !is_secret);
    }
    let wrong = [
        (Issuer::ec(JwtAlgorithm::Es256), JwtAlgorithm::Es384),
        (Issuer::ec(JwtAlgorithm::Es384), JwtAlgorithm::Es256),
        (Issuer::ec(JwtAlgorithm::Es256), JwtAlgorithm::Rs256),
        (Issuer::rsa(JwtAlgorithm::Rs256), JwtAlgorithm::Es256),
        (Issuer::rsa(JwtAlgorithm::Rs256), JwtAlgorithm::EdDsa),
        (Issuer::ed(), JwtAlgorithm::Es256),
    ];
    for (issuer, algorithm) in wrong {
        let error = JwtKey::der(algorithm, &issuer.public).unwrap_err();
        assert!(matches!(error, JwtKeyError::NoKey { .. }), "{error}");
    }
}

#[test]
fn a_public_key_is_read_from_pem_der_and_jwk_alike() {
    for issuer in Issuer::all().into_iter().skip(3) {
        let token = issuer.token(&good());
        let mut jwk = issuer.jwk.clone();
        jwk["alg"] = json!(issuer.algorithm.as_str());
        for key in [
            JwtKey::pem(issuer.algorithm, &issuer.pem()).unwrap(),
            JwtKey::der(issuer.algorithm, &issuer.public).unwrap(),
            JwtKey::jwk(&jwk.to_string()).unwrap(),
        ] {
            assert_eq!(key.algorithm(), issuer.algorithm);
            assert!(builder([key]).build().verify(&token).is_ok());
        }
    }
}

#[test]
fn an_rsa_key_has_2048_bits_at_least_and_a_sound_exponent() {
    // From OpenSSL.
    let small = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCi3WlQfSaRJg17RoVEBLM/RC6I
qMfGQcmG+4wrz5Ketb8NhtaswxSEgLBzeqF/U55UT4O6GNLCzQvNZy3pDN+mN/30
DG0x5QjqYJy8EWswFy9pJsroc6ATjdmXbAaxYQuBQgHhe0DQWspgAZfStMycmuB7
uvHUJkv6kbJuWtmH+wIDAQAB
-----END PUBLIC KEY-----";
    let error = JwtKey::pem(JwtAlgorithm::Rs256, small).unwrap_err();
    assert!(error.to_string().contains("it has 1024 bits"), "{error}");

    let rsa = Issuer::rsa(JwtAlgorithm::Rs256);
    let with = |member: &str, bytes: &[u8]| {
        let mut jwk = rsa.jwk.clone();
        jwk[member] = json!(base64url(bytes));
        JwtKey::jwk(&jwk.to_string())
    };
    assert!(with("e", &[1, 0, 1]).is_ok());
    for exponent in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[0, 1],
        &[1, 0, 0],
        &[2, 0, 0, 0, 1],
        &[0xff; 9],
    ] {
        assert!(with("e", exponent).is_err(), "{exponent:?}");
    }
    for modulus in [&[][..], &[0xff; 128], &[0xff; 255], &[0xff; 1025]] {
        assert!(with("n", modulus).is_err());
    }
    let large = KeyPair::generate(KeySize::Rsa3072).unwrap();
    let der = large.public_key().as_der().unwrap();
    assert!(JwtKey::der(JwtAlgorithm::Rs256, der.as_ref()).is_ok());
}

#[test]
fn a_point_that_is_not_on_the_curve_is_no_key() {
    let issuer = Issuer::ec(JwtAlgorithm::Es256);
    let with = |member: &str, value: Value| {
        let mut jwk = issuer.jwk.clone();
        jwk[member] = value;
        JwtKey::jwk(&jwk.to_string())
    };
    assert!(with("x", issuer.jwk["x"].clone()).is_ok());
    assert!(with("x", json!(base64url([7; 32]))).is_err());
    assert!(with("x", json!(base64url([7; 31]))).is_err());
    assert!(with("y", issuer.jwk["x"].clone()).is_err());
    // The same bytes, cut in another place.
    let der = &issuer.public;
    let (x, y) = der[der.len() - 64..].split_at(31);
    let mut shifted = issuer.jwk.clone();
    shifted["x"] = json!(base64url(x));
    shifted["y"] = json!(base64url(y));
    assert!(JwtKey::jwk(&shifted.to_string()).is_err());
    assert!(with("crv", json!("P-384")).is_err());
    assert!(with("crv", json!("secp256k1")).is_err());
}

#[test]
fn a_jwk_is_for_what_it_says_or_else_for_what_its_kind_is_used_for() {
    let algorithm = |jwk: &Value| JwtKey::jwk(&jwk.to_string()).map(|key| key.algorithm());
    for issuer in [
        Issuer::rsa(JwtAlgorithm::Rs256),
        Issuer::ec(JwtAlgorithm::Es256),
        Issuer::ec(JwtAlgorithm::Es384),
        Issuer::ed(),
    ] {
        assert_eq!(algorithm(&issuer.jwk).unwrap(), issuer.algorithm);
        for other in Issuer::all() {
            let mut jwk = issuer.jwk.clone();
            jwk["alg"] = json!(other.algorithm.as_str());
            let both_rsa = [&issuer, &other].map(|each| each.jwk["kty"] == "RSA") == [true; 2];
            let fits = both_rsa || issuer.algorithm == other.algorithm;
            assert_eq!(algorithm(&jwk).is_ok(), fits, "{jwk}");
        }
    }
    let mut secret = Issuer::hmac(JwtAlgorithm::Hs384, SECRET).jwk;
    assert_eq!(algorithm(&secret).unwrap(), JwtAlgorithm::Hs384);
    secret.as_object_mut().unwrap().remove("alg");
    assert!(algorithm(&secret).is_err(), "a secret says what it is for");
}

#[test]
fn what_is_not_for_verifying_is_ignored_and_said_to_be() {
    let fine = Issuer::ed();
    let with = |kid: &str, member: &str, value: Value| {
        let mut jwk = Issuer::ec(JwtAlgorithm::Es256).jwk_named(kid);
        jwk[member] = value;
        jwk
    };
    let set = jwks([
        with("a", "use", json!("enc")),
        with("b", "key_ops", json!(["sign"])),
        with("c", "alg", json!("ECDH-ES")),
        with("d", "crv", json!("P-521")),
        with("e", "kty", json!("AKP")),
        with("f", "x", json!("not base64url!")),
        with("g", "kid", json!(7)),
        json!("no object"),
        with("h", "x5c", json!(["anything", 7])),
        fine.jwk_named("fine"),
    ]);
    let keys = JwtKeys::from_jwks(&set).unwrap();
    let kids: Vec<_> = keys.keys().iter().map(JwtKey::kid).collect();
    assert_eq!(kids, [Some("h"), Some("fine")]);
    assert_eq!(keys.ignored().len(), 8);
    assert!(
        keys.ignored()[0].starts_with("key 0 of the set (\"a\"): "),
        "{:?}",
        keys.ignored()
    );
    let none = JwtKeys::from_jwks(&jwks([with("a", "use", json!("enc"))])).unwrap_err();
    assert!(none.to_string().contains("is not for verifying"), "{none}");
}

#[test]
fn a_published_set_with_anything_secret_in_it_is_refused_as_a_whole() {
    let fine = Issuer::ed().jwk_named("fine");
    let secret = Issuer::hmac(JwtAlgorithm::Hs256, SECRET).jwk_named("s");
    let mut private = Issuer::ed().jwk_named("p");
    private["d"] = json!(base64url([7; 32]));
    for leaked in [&secret, &private] {
        let error = JwtKeys::from_jwks(&jwks([fine.clone(), leaked.clone()])).unwrap_err();
        assert!(
            matches!(error, JwtKeyError::InSet { place: 1, .. }),
            "{error}"
        );
        assert!(!error.to_string().contains(&base64url(SECRET)));
    }
    let own = JwtKeys::from_private_jwks(&jwks([fine.clone(), secret])).unwrap();
    assert_eq!(own.keys().len(), 2);
    assert!(JwtKeys::from_private_jwks(&jwks([fine, private])).is_err());
}

#[test]
fn a_secret_is_not_overlooked_because_the_key_around_it_is_malformed() {
    let fine = Issuer::ed().jwk_named("fine");
    let secret = base64url(SECRET);
    for leaked in [
        json!({"kty": "oct", "kid": 7, "k": secret}),
        json!({"kty": "oct", "alg": "HS256", "key_ops": "verify", "k": secret}),
        json!({"kty": "OCT", "k": secret}),
        json!({"kty": "RSA", "kid": 7, "n": "AQ", "e": "AQAB", "d": secret}),
        json!({"kty": "RSA", "n": "AQ", "e": "AQAB", "p": secret, "q": secret}),
        json!({"kty": "EC", "d": secret}),
    ] {
        let error = JwtKeys::from_jwks(&jwks([fine.clone(), leaked])).unwrap_err();
        assert!(
            matches!(error, JwtKeyError::InSet { place: 1, .. }),
            "{error}"
        );
        assert!(!error.to_string().contains(&secret), "{error}");
    }
    let array = json!([
        "oct", "s", "HS256", null, null, null, null, null, null, null, secret
    ]);
    let keys = JwtKeys::from_jwks(&jwks([fine, array])).unwrap();
    assert_eq!((keys.keys().len(), keys.ignored().len()), (1, 1));
}

#[test]
fn no_token_could_mean_two_keys() {
    let (a, b) = (Issuer::ed(), Issuer::ed());
    for pair in [
        [a.key(), b.key()],
        [a.key().with_kid("k"), b.key().with_kid("k")],
    ] {
        let error = JwtKeys::new(pair).unwrap_err();
        assert!(matches!(error, JwtKeyError::Ambiguous { .. }), "{error}");
    }
    let es = Issuer::ec(JwtAlgorithm::Es256);
    assert!(JwtKeys::new([a.key(), es.key(), b.key().with_kid("b")]).is_ok());
    assert!(JwtKeys::new([a.key().with_kid("k"), es.key().with_kid("k")]).is_ok());
}

#[test]
fn a_set_that_is_none_is_refused() {
    assert!(matches!(JwtKeys::new([]), Err(JwtKeyError::Empty { .. })));
    for text in ["", "[]", "{}", "null", r#"{"keys": {}}"#, r#"{"keys": "#] {
        assert!(
            matches!(JwtKeys::from_jwks(text), Err(JwtKeyError::Json(_))),
            "{text}"
        );
    }
    assert!(matches!(
        JwtKeys::from_jwks(r#"{"keys": []}"#),
        Err(JwtKeyError::Empty { .. })
    ));
    let key = Issuer::ed();
    let many = jwks((0..257).map(|each| key.jwk_named(&each.to_string())));
    assert!(matches!(
        JwtKeys::from_jwks(&many),
        Err(JwtKeyError::TooMany { most: 256 })
    ));
}

//! Replacing keys while tokens are checked.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use tollgate_http::jwt::{JwtAlgorithm, JwtError, JwtKeyError, JwtKeys, JwtVerifier};

use super::kit::{Issuer, SECRET, file_name, good, jwks, now};

fn verifier(keys: JwtKeys) -> JwtVerifier {
    JwtVerifier::builder(keys).clock(now).build()
}

fn set(issuer: &Issuer, kid: &str) -> String {
    jwks([issuer.jwk_named(kid)])
}

#[test]
fn from_when_keys_are_replaced_the_old_ones_are_refused_in_every_clone() {
    let (old, new) = (Issuer::ed(), Issuer::ed());
    let (old_token, new_token) = (old.token_named("a", &good()), new.token_named("b", &good()));
    let verifier = verifier(JwtKeys::from_jwks(&set(&old, "a")).unwrap());
    let clone = verifier.clone();
    assert!(clone.verify(&old_token).is_ok());
    assert_eq!(clone.verify(&new_token), Err(JwtError::UnknownKey));
    verifier.replace_jwks(&set(&new, "b")).unwrap();
    assert_eq!(clone.verify(&old_token), Err(JwtError::UnknownKey));
    assert!(clone.verify(&new_token).is_ok());
}

#[test]
fn a_bad_set_changes_nothing() {
    let issuer = Issuer::ed();
    let verifier = verifier(JwtKeys::from_jwks(&set(&issuer, "a")).unwrap());
    let secret = set(&Issuer::hmac(JwtAlgorithm::Hs256, SECRET), "a");
    for bad in ["", "{}", r#"{"keys": []}"#, &secret] {
        assert!(verifier.replace_jwks(bad).is_err());
        assert!(verifier.verify(&issuer.token_named("a", &good())).is_ok());
    }
}

#[test]
fn a_check_sees_the_old_keys_or_the_new_and_never_a_mixture() {
    // Both sets have a key "x", of another issuer: a mixture would refuse a token of either set.
    let sets = [Issuer::ed(), Issuer::ed()];
    let keys = sets
        .each_ref()
        .map(|issuer| JwtKeys::from_jwks(&set(issuer, "x")).unwrap());
    let tokens = sets
        .each_ref()
        .map(|issuer| issuer.token_named("x", &good()));
    let verifier = verifier(keys[0].clone());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = [0_u32; 2];
                    while !done.load(Ordering::Relaxed) {
                        for (token, seen) in tokens.iter().zip(&mut seen) {
                            match verifier.verify(token) {
                                Ok(_) => *seen += 1,
                                Err(error) => assert_eq!(error, JwtError::BadSignature),
                            }
                        }
                    }
                    seen
                })
            })
            .collect();
        for round in 0..2_000 {
            let now = (round + 1) % 2;
            verifier.replace_keys(keys[now].clone());
            assert!(verifier.verify(&tokens[now]).is_ok());
            assert_eq!(
                verifier.verify(&tokens[1 - now]),
                Err(JwtError::BadSignature)
            );
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap().iter().all(|&seen| seen > 0));
        }
    });
}

#[test]
fn a_file_is_read_again_and_a_bad_one_keeps_the_last_good_keys() {
    let (old, new) = (Issuer::ed(), Issuer::ed());
    let path = file_name("a_file_is_read_again");
    fs::write(&path, set(&old, "a")).unwrap();
    let verifier = verifier(JwtKeys::from_jwks_file(&path).unwrap());
    let old_token = old.token_named("a", &good());
    assert!(verifier.verify(&old_token).is_ok());

    let secret = set(&Issuer::hmac(JwtAlgorithm::Hs256, SECRET), "s");
    let long = set(&new, "b") + &" ".repeat(1 << 20);
    for bad in ["{", r#"{"keys": []}"#, &secret, &long] {
        fs::write(&path, bad).unwrap();
        verifier.reload().unwrap_err();
        assert!(verifier.verify(&old_token).is_ok());
    }
    fs::remove_file(&path).unwrap();
    let error = verifier.reload().unwrap_err();
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    assert!(verifier.verify(&old_token).is_ok());

    fs::write(&path, set(&new, "b")).unwrap();
    verifier.reload().unwrap();
    assert_eq!(verifier.verify(&old_token), Err(JwtError::UnknownKey));
    assert!(verifier.verify(&new.token_named("b", &good())).is_ok());
    verifier.reload().unwrap();
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_private_file_may_have_secrets_when_it_is_read_again_too() {
    let issuer = Issuer::hmac(JwtAlgorithm::Hs256, SECRET);
    let path = file_name("a_private_file");
    fs::write(&path, set(&issuer, "a")).unwrap();
    assert!(JwtKeys::from_jwks_file(&path).is_err());
    let verifier = verifier(JwtKeys::from_private_jwks_file(&path).unwrap());
    fs::write(&path, set(&issuer, "b")).unwrap();
    verifier.reload().unwrap();
    assert!(verifier.verify(&issuer.token_named("b", &good())).is_ok());
    fs::remove_file(&path).unwrap();
}

#[test]
fn keys_from_no_file_can_t_be_read_again() {
    let issuer = Issuer::ed();
    let verifier = issuer.verifier();
    assert!(matches!(verifier.reload(), Err(JwtKeyError::NoFile)));
    assert!(verifier.verify(&issuer.token(&good())).is_ok());
}

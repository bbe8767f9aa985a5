//! The credential format through the public API.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

use leastkey::value::credential::{Credential, ENTROPY, Prefix, Presented, Unreadable};
use proptest::prelude::*;
use serde_json::Value as Json;
use support::instant;

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn prefix() -> Prefix {
    Prefix::parse("acme_live").unwrap()
}

fn mint(seed: u64) -> Credential {
    let mut entropy = [0u8; ENTROPY];
    for (at, chunk) in entropy.chunks_mut(8).enumerate() {
        let mixed = seed
            .wrapping_add(at as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
        chunk.copy_from_slice(
            &(mixed ^ (mixed >> 31))
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .to_be_bytes(),
        );
    }
    Credential::mint(&prefix(), instant(support::NOW + seed % 1_000_000), &entropy)
}

#[test]
fn a_million_credentials_round_trip() {
    let prefix = prefix();
    for seed in 0..1_000_000 {
        let credential = mint(seed);
        let presented = Presented::parse(&prefix, credential.reveal()).unwrap();
        assert_eq!(presented.id(), credential.id());
        assert!(presented.digest().matches(credential.digest()));
    }
}

/// Replaces each single character by each other one of the alphabet and by some outside of it.
#[test]
fn any_one_character_change_is_refused_before_a_store_is_asked() {
    let (prefix, credential) = (prefix(), mint(7));
    for at in 0..credential.reveal().len() {
        for replacement in ALPHABET.iter().chain(b"_-. \0") {
            let mut bytes = credential.reveal().as_bytes().to_vec();
            if bytes[at] == *replacement {
                continue;
            }
            bytes[at] = *replacement;
            let text = String::from_utf8(bytes).unwrap();
            assert!(Presented::parse(&prefix, &text).is_err(), "character {at}");
        }
    }
}

#[test]
fn truncations_and_swaps_are_refused() {
    let (prefix, credential) = (prefix(), mint(11));
    let text = credential.reveal();
    for cut in 0..text.len() {
        assert!(Presented::parse(&prefix, &text[..cut]).is_err());
        assert!(Presented::parse(&prefix, &text[cut + 1..]).is_err());
        assert!(Presented::parse(&prefix, &format!("{}{}", &text[..cut], &text[cut + 1..])).is_err());
    }
    for at in 0..text.len() - 1 {
        let mut bytes = text.as_bytes().to_vec();
        bytes.swap(at, at + 1);
        if bytes != text.as_bytes() {
            assert!(Presented::parse(&prefix, std::str::from_utf8(&bytes).unwrap()).is_err());
        }
    }
    for changed in [
        format!("{text}0"),
        format!(" {text}"),
        format!("{text}\n"),
        text.to_uppercase(),
    ] {
        assert!(Presented::parse(&prefix, &changed).is_err());
    }
}

#[test]
fn the_prefix_is_compared_exactly() {
    let credential = mint(3);
    for other in ["acme", "acme_liv", "acme_live_2", "acme_test", "Acme_live"] {
        let unreadable = Presented::parse(&Prefix::parse(other).unwrap(), credential.reveal()).unwrap_err();
        assert_eq!(unreadable, Unreadable::Malformed, "{other}");
    }
    for wrong in ["", "_", "a_", "_a", "a__b", "a-b", "é", "a b", &"x".repeat(33)] {
        assert!(Prefix::parse(wrong).is_err(), "{wrong}");
    }
}

/// The body of a credential under another prefix has a valid form and checksum, but another digest.
#[test]
fn a_digest_is_of_one_deployment() {
    let (live, credential) = (prefix(), mint(3));
    let body = credential.reveal().strip_prefix("acme_live_").unwrap();
    for other in ["acme_test", "acme", "acme_live_eu", "Acme_live"] {
        let other = Prefix::parse(other).unwrap();
        let text = format!("{}_{body}", other.as_str());
        let presented = Presented::parse(&other, &text).unwrap();
        assert_eq!(presented.id(), credential.id());
        assert!(
            !presented.digest().matches(credential.digest()),
            "{}",
            other.as_str()
        );
    }
    assert!(
        Presented::parse(&live, credential.reveal())
            .unwrap()
            .digest()
            .matches(credential.digest())
    );
}

#[test]
fn ids_sort_by_time() {
    let ids: Vec<_> = (0..1000)
        .map(|step| *Credential::mint(&prefix(), instant(step * 977), &[200; ENTROPY]).id())
        .collect();
    assert!(ids.is_sorted());
}

#[test]
fn a_secret_never_shows_in_debug_output() {
    let credential = mint(5);
    let secret = &credential.reveal()[27..57];
    assert!(!format!("{credential:?}").contains(secret));
    let presented = Presented::parse(&prefix(), credential.reveal()).unwrap();
    assert!(!format!("{presented:?}").contains(&credential.digest().to_hex()));
}

/// The digits are nearly uniform: over many secrets, each of the 62 occurs about equally often
/// (chi-squared, 61 degrees of freedom). A fair source exceeds 120 once in 100,000 runs; this one
/// has a fixed seed.
#[test]
fn every_digit_is_as_likely() {
    let mut counts = [0f64; 62];
    let rounds = 20_000;
    for seed in 0..rounds {
        for byte in &mint(seed).reveal().as_bytes()[27..57] {
            counts[ALPHABET.iter().position(|digit| digit == byte).unwrap()] += 1.0;
        }
    }
    let expected = (rounds * 30) as f64 / 62.0;
    let chi_squared: f64 = counts
        .iter()
        .map(|count| (count - expected).powi(2) / expected)
        .sum();
    assert!(chi_squared < 120.0, "{chi_squared}");
}

#[test]
fn vectors() {
    let vectors: Json = serde_json::from_str(include_str!("../../vectors/credentials.json")).unwrap();
    for vector in vectors["minted"].as_array().unwrap() {
        let entropy: Vec<u8> = vector["entropy"]
            .as_array()
            .unwrap()
            .iter()
            .map(|byte| byte.as_u64().unwrap() as u8)
            .collect();
        let prefix = Prefix::parse(vector["prefix"].as_str().unwrap()).unwrap();
        let credential = Credential::mint(
            &prefix,
            instant(vector["now"].as_u64().unwrap()),
            &entropy.try_into().unwrap(),
        );
        assert_eq!(credential.reveal(), vector["credential"]);
        assert_eq!(credential.id().as_str(), vector["id"]);
        assert_eq!(credential.digest().to_hex(), vector["digest"]);
    }
    for vector in vectors["refused"].as_array().unwrap() {
        let prefix = Prefix::parse(vector["prefix"].as_str().unwrap()).unwrap();
        let code = match Presented::parse(&prefix, vector["text"].as_str().unwrap()) {
            Err(Unreadable::Malformed) => "malformed",
            Err(Unreadable::BadChecksum) => "bad_checksum",
            Ok(_) => "read",
        };
        assert_eq!(code, vector["code"], "{}", vector["why"]);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}", prefix in "[a-z]{1,8}(_[a-z]{1,8})?") {
        let prefix = Prefix::parse(&prefix).unwrap();
        prop_assert!(Presented::parse(&prefix, &text).is_err());
    }

    #[test]
    fn whatever_the_prefix_a_credential_is_read_by_it(
        prefix in "[A-Za-z0-9]{1,10}(_[A-Za-z0-9]{1,10}){0,2}", entropy in prop::collection::vec(any::<u8>(), ENTROPY), now in 0u64..1 << 47,
    ) {
        let prefix = Prefix::parse(&prefix).unwrap();
        let credential = Credential::mint(&prefix, instant(now), &entropy.try_into().unwrap());
        let presented = Presented::parse(&prefix, credential.reveal()).unwrap();
        prop_assert_eq!(presented.id(), credential.id());
        prop_assert!(presented.digest().matches(credential.digest()));
    }
}

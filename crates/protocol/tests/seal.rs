//! The sealed copy: what was sealed comes back in its own place, and nowhere and in no way else (seal.md §3).
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::sync::LazyLock;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable, Kem, OpModeS, Serializable};
use ownkey_protocol::encoding::{Base64, Hash, from_base64, json};
use ownkey_protocol::id::{ConnectionId, SealingKeyId};
use ownkey_protocol::instant::Instant;
use ownkey_protocol::keyset::Fingerprint;
use ownkey_protocol::seal::{self, Header, Place, SealPurpose, SealRefused, Suite};
use ownkey_protocol::vocabulary::Provider;
use ownkey_secret::Secret;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SUITES: [Suite; 2] = [Suite::XWing, Suite::X25519];
const KEY: &[u8] = b"sk-proj-0123456789abcdefghijklmnopqrstuvwxyzABCD";

/// The agency's two sealing keys.
static KEYS: LazyLock<[(Secret, Vec<u8>); 2]> = LazyLock::new(|| SUITES.map(seal::generate));

fn key(suite: Suite) -> &'static (Secret, Vec<u8>) {
    &KEYS[usize::from(suite == Suite::X25519)]
}

fn moment() -> Instant {
    Instant::from_unix_millis(1_764_000_000_000)
}

fn header(suite: Suite) -> Header {
    Header {
        v: 1,
        suite,
        sealing_key: SealingKeyId::new(moment(), [1; 10]),
        agency: Fingerprint(Hash([2; 32])),
        client: "cl_01ja000000e0000000000000000".into(),
        connection: ConnectionId::new(moment(), [3; 10]),
        provider: Provider::OpenAi,
        version: 3,
        device: "dv_01ja000000e0000000000000000".into(),
        purpose: SealPurpose::ClientKey,
        at: moment(),
    }
}

fn place(header: &Header, sealed: &[u8]) -> Place {
    Place {
        agency: header.agency,
        client: header.client.clone(),
        connection: header.connection,
        provider: header.provider,
        version: header.version,
        device: header.device.clone(),
        purpose: header.purpose,
        sealed_sha256: seal::fingerprint(sealed),
    }
}

fn secret(bytes: &[u8]) -> Secret {
    Secret::new(bytes.to_vec()).unwrap()
}

fn sealed(suite: Suite, bytes: &[u8]) -> Vec<u8> {
    seal::seal(&header(suite), &key(suite).1, &secret(bytes)).unwrap()
}

/// The three parts of a sealed copy.
fn parts(sealed: &[u8]) -> [Vec<u8>; 3] {
    let value: serde_json::Value = serde_json::from_slice(sealed).unwrap();
    ["header", "enc", "ct"].map(|part| from_base64(value[part].as_str().unwrap()).unwrap())
}

fn joined(parts: &[Vec<u8>; 3]) -> Vec<u8> {
    let text = parts.clone().map(|part| serde_json::to_value(Base64(part)).unwrap());
    json(&serde_json::json!({ "header": text[0], "enc": text[1], "ct": text[2] }))
}

/// Seals a plaintext as it is, also one that this crate would never make.
fn sealed_as_it_is(suite: Suite, plaintext: &[u8], info: &[u8]) -> Vec<u8> {
    fn with<K: Kem>(public: &[u8], info: &[u8], plaintext: &[u8], aad: &[u8]) -> [Vec<u8>; 2] {
        let public = K::PublicKey::from_bytes(public).unwrap();
        let mode = OpModeS::Base;
        let (enc, ct) =
            hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, K>(&mode, &public, info, plaintext, aad).unwrap();
        [enc.to_bytes().to_vec(), ct]
    }
    let aad = json(&header(suite));
    let [enc, ct] = match suite {
        Suite::XWing => with::<XWing>(&key(suite).1, info, plaintext, &aad),
        Suite::X25519 => with::<X25519HkdfSha256>(&key(suite).1, info, plaintext, &aad),
    };
    joined(&[aad, enc, ct])
}

fn open_here(suite: Suite, sealed: &[u8]) -> Result<Secret, SealRefused> {
    seal::open(sealed, &place(&header(suite), sealed), &key(suite).0)
}

fn padded(length: usize, secret: &[u8], size: usize) -> Vec<u8> {
    let mut out = u16::try_from(length).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(secret);
    out.resize(size, 0);
    out
}

#[test]
fn what_was_sealed_comes_back_in_its_own_place() {
    for suite in SUITES {
        for length in [8, 9, 51, 164, 509, 510, 511, 1_022, 1_023, 2_047, 2_048] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let sealed = sealed(suite, &bytes);
            assert_eq!(seal::header_of(&sealed).unwrap(), header(suite));
            assert!(open_here(suite, &sealed).unwrap().same_as(&secret(&bytes)), "{suite:?} {length}");
        }
    }
}

#[test]
fn the_size_tells_nothing_about_the_usual_keys() {
    for suite in SUITES {
        let size = |length| sealed(suite, &vec![b'k'; length]).len();
        let usual = size(8);
        assert!([39, 40, 51, 56, 108, 132, 164, 200, 510].into_iter().all(|length| size(length) == usual));
        assert!(size(511) > usual);
        for length in [8, 510, 511, 1_022, 2_048] {
            let [_, _, ct] = parts(&sealed(suite, &vec![b'k'; length]));
            assert_eq!(ct.len(), (length + 2).next_multiple_of(512) + 16, "{length}");
        }
    }
}

#[test]
fn sealing_the_same_key_twice_gives_other_bytes() {
    for suite in SUITES {
        let (one, two) = (parts(&sealed(suite, KEY)), parts(&sealed(suite, KEY)));
        assert_ne!((&one[1], &one[2]), (&two[1], &two[2]));
    }
}

#[test]
fn another_place_than_the_one_it_was_sealed_for_is_refused() {
    for suite in SUITES {
        let sealed = sealed(suite, KEY);
        let here = place(&header(suite), &sealed);
        let others = [
            Place { agency: Fingerprint(Hash([9; 32])), ..here.clone() },
            Place { client: "cl_01ja000000e0000000000000001".into(), ..here.clone() },
            Place { client: "platform".into(), ..here.clone() },
            Place { connection: ConnectionId::new(moment(), [9; 10]), ..here.clone() },
            Place { provider: Provider::Anthropic, ..here.clone() },
            Place { version: 2, ..here.clone() },
            Place { version: 4, ..here.clone() },
            Place { device: "dv_01ja000000e0000000000000001".into(), ..here.clone() },
            Place { purpose: SealPurpose::PlatformKey, ..here.clone() },
            Place { sealed_sha256: Hash([0; 32]), ..here.clone() },
        ];
        for other in others {
            assert!(seal::open(&sealed, &other, &key(suite).0).is_err(), "{other:?}");
        }
        assert!(seal::open(&sealed, &here, &key(suite).0).is_ok());
    }
}

#[test]
fn another_header_around_the_same_ciphertext_is_refused_even_where_it_names_the_place() {
    for suite in SUITES {
        let good = header(suite);
        let [_, enc, ct] = parts(&sealed(suite, KEY));
        let others = [
            Header { agency: Fingerprint(Hash([9; 32])), ..good.clone() },
            Header { client: "cl_01ja000000e0000000000000001".into(), ..good.clone() },
            Header { connection: ConnectionId::new(moment(), [9; 10]), ..good.clone() },
            Header { provider: Provider::Anthropic, ..good.clone() },
            Header { version: 4, ..good.clone() },
            Header { device: "dv_01ja000000e0000000000000001".into(), ..good.clone() },
            Header { purpose: SealPurpose::PlatformKey, ..good.clone() },
            Header { sealing_key: SealingKeyId::new(moment(), [9; 10]), ..good.clone() },
            Header { at: moment().plus_millis(1), ..good.clone() },
            Header { v: 2, ..good.clone() },
            Header { suite: SUITES[usize::from(suite == Suite::XWing)], ..good.clone() },
        ];
        for other in others {
            let moved = joined(&[json(&other), enc.clone(), ct.clone()]);
            assert!(seal::open(&moved, &place(&other, &moved), &key(suite).0).is_err(), "{other:?}");
        }
        let same = joined(&[json(&good), enc, ct]);
        assert!(open_here(suite, &same).is_ok());
    }
}

#[test]
fn another_sealing_key_opens_nothing() {
    for suite in SUITES {
        let sealed = sealed(suite, KEY);
        let here = place(&header(suite), &sealed);
        assert!(seal::open(&sealed, &here, &seal::generate(suite).0).is_err());
        let other_suite = SUITES[usize::from(suite == Suite::XWing)];
        assert!(seal::open(&sealed, &here, &key(other_suite).0).is_err());
        assert!(seal::open(&sealed, &here, &secret(&[1; 31])).is_err());
    }
}

#[test]
fn only_a_public_key_of_the_suite_is_sealed_to() {
    for suite in SUITES {
        let public = &key(suite).1;
        for wrong in [&public[1..], &[], &[public.as_slice(), &[0]].concat()] {
            assert!(seal::seal(&header(suite), wrong, &secret(KEY)).is_err());
        }
    }
    assert!(seal::seal(&header(Suite::X25519), &[0; 32], &secret(KEY)).is_err(), "a key of low order");
}

#[test]
fn the_public_half_belongs_to_the_private_one() {
    for suite in SUITES {
        assert_eq!(seal::public_of(suite, &key(suite).0), key(suite).1);
    }
}

#[test]
fn a_plaintext_that_does_not_keep_the_rules_of_padding_is_refused() {
    let info = b"ownkey/sealed-copy/1";
    for suite in SUITES {
        let good = padded(KEY.len(), KEY, 512);
        assert!(open_here(suite, &sealed_as_it_is(suite, &good, info)).unwrap().same_as(&secret(KEY)));
        assert!(open_here(suite, &sealed_as_it_is(suite, &good, b"ownkey/sealed-copy/2")).is_err(), "info");
        let mut not_zero = good.clone();
        not_zero[511] = 1;
        let wrong = [
            vec![],
            vec![0],
            padded(KEY.len(), KEY, 511),
            padded(KEY.len(), KEY, 513),
            padded(KEY.len(), KEY, 1_024),
            padded(KEY.len() - 1, KEY, 512),
            padded(511, KEY, 512),
            padded(65_535, KEY, 512),
            padded(7, b"tooshor", 512),
            padded(0, b"", 512),
            padded(2_049, &[b'k'; 2_049], 2_560),
            not_zero,
        ];
        for plaintext in wrong {
            let sealed = sealed_as_it_is(suite, &plaintext, info);
            assert!(open_here(suite, &sealed).is_err(), "{} bytes", plaintext.len());
        }
    }
}

#[test]
fn a_copy_in_another_form_is_refused() {
    let sealed = sealed(Suite::X25519, KEY);
    let text = String::from_utf8(sealed).unwrap();
    let large = text.replacen('{', &format!("{{{}", " ".repeat(65_536)), 1);
    for wrong in [
        text.replacen('{', "{\"more\":1,", 1),
        text.replacen('{', "{\"ct\":\"AAAA\",", 1),
        text.replace("\"ct\"", "\"cu\""),
        format!("[{text}]"),
        format!("{text} x"),
        large,
        String::new(),
    ] {
        assert!(open_here(Suite::X25519, wrong.as_bytes()).is_err());
        assert!(seal::header_of(wrong.as_bytes()).is_err());
    }
}

fn config() -> ProptestConfig {
    let cases = if std::env::var_os("OWNKEY_LONG").is_some() { 8_000 } else { 400 };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_flipped_bit_of_the_bytes_that_travel_is_refused(suite in 0..2_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let suite = SUITES[suite];
        let mut flipped = sealed(suite, KEY);
        let here = place(&header(suite), &flipped);
        let at = at.index(flipped.len());
        flipped[at] ^= 1 << bit;
        prop_assert!(seal::open(&flipped, &here, &key(suite).0).is_err());
        // Also when somebody corrects the hash in the place.
        prop_assert!(open_here(suite, &flipped).is_err());
    }

    #[test]
    fn any_flipped_bit_within_header_key_or_ciphertext_is_refused(
        suite in 0..2_usize, part in 0..3_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let suite = SUITES[suite];
        let mut parts = parts(&sealed(suite, KEY));
        let at = at.index(parts[part].len());
        parts[part][at] ^= 1 << bit;
        prop_assert!(open_here(suite, &joined(&parts)).is_err());
    }

    #[test]
    fn any_secret_comes_back(suite in 0..2_usize, bytes in prop::collection::vec(any::<u8>(), 8..=2_048)) {
        let suite = SUITES[suite];
        let opened = open_here(suite, &sealed(suite, &bytes));
        prop_assert!(opened.unwrap().same_as(&secret(&bytes)));
    }
}

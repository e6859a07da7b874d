//! Assistant tokens: `okg_` + 32 random bytes in base62 + 6 characters of CRC32 (seal.md §8).
//!
//! The checksum lets secret scanners recognise a token without asking anyone; it proves nothing.

use ownkey_secret::Secret;

use crate::encoding::Hash;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = 43;
const CHECK: usize = 6;

/// What every token begins with.
pub const PREFIX: &str = "okg_";

/// Length of a token in characters.
pub const LENGTH: usize = PREFIX.len() + BODY + CHECK;

/// A new token from 32 random bytes.
#[must_use]
pub fn from_random(random: &[u8; 32]) -> Secret {
    let mut digits = [0_u8; BODY];
    let mut number = *random;
    for slot in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = (rest << 8) | u32::from(*byte);
            *byte = (value / 62) as u8;
            rest = value % 62;
        }
        *slot = ALPHABET[rest as usize];
    }
    let mut text = Vec::with_capacity(LENGTH);
    text.extend_from_slice(PREFIX.as_bytes());
    text.extend_from_slice(&digits);
    text.extend_from_slice(&check(&digits));
    Secret::new(text).expect("a token has 53 bytes")
}

/// Whether a text has the form of a token, its checksum included.
#[must_use]
pub fn has_form(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return false;
    };
    let bytes = rest.as_bytes();
    bytes.len() == BODY + CHECK && bytes.iter().all(u8::is_ascii_alphanumeric) && bytes[BODY..] == check(&bytes[..BODY])
}

/// The only form in which a token is kept: SHA-256 of its text.
#[must_use]
pub fn hash(text: &[u8]) -> Hash {
    Hash::of(&[text])
}

fn check(body: &[u8]) -> [u8; CHECK] {
    let mut value = crc32fast::hash(body);
    let mut out = [b'0'; CHECK];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_form_and_no_other_text_has() {
        for seed in 0..=255_u8 {
            from_random(&[seed; 32]).expose(|t| {
                let text = std::str::from_utf8(t).unwrap();
                assert_eq!(text.len(), LENGTH);
                assert!(has_form(text));
                let mut wrong = text.to_owned();
                wrong.pop();
                wrong.push(if text.ends_with('0') { '1' } else { '0' });
                assert!(!has_form(&wrong));
            });
        }
        assert!(!has_form("okg_") && !has_form("") && !has_form(&"x".repeat(LENGTH)));
    }
}

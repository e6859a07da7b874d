//! Everything that looks random here is made from the seed, so that a run can be repeated.

use sha2::{Digest, Sha256};

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A source of repeatable text: the same seed and label give the same text.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(String);

impl Seeded {
    pub(crate) fn new(seed: u64, label: &str) -> Seeded {
        Seeded(format!("{seed}/{label}"))
    }

    fn block(&self, label: &str, number: usize) -> [u8; 32] {
        Sha256::digest(format!("{}/{label}/{number}", self.0).as_bytes()).into()
    }

    /// So many letters and digits.
    pub(crate) fn letters(&self, label: &str, count: usize) -> String {
        let mut text = String::with_capacity(count);
        let mut number = 0;
        while text.len() < count {
            for byte in self.block(label, number) {
                if text.len() < count {
                    text.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
                }
            }
            number += 1;
        }
        text
    }

    /// So many lower-case hexadecimal digits.
    pub(crate) fn hex(&self, label: &str, count: usize) -> String {
        let mut text = String::new();
        let mut number = 0;
        while text.len() < count {
            text.push_str(&hex::encode(self.block(label, number)));
            number += 1;
        }
        text.truncate(count);
        text
    }

    /// A number from the seed.
    pub(crate) fn number(&self, label: &str) -> u32 {
        let block = self.block(label, 0);
        u32::from_be_bytes([block[0], block[1], block[2], block[3]])
    }

    /// A UUID of version 4, as far as its shape goes.
    pub(crate) fn uuid(&self, label: &str) -> String {
        let hex = self.hex(label, 32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }
}

//! Ids: a prefix that says what kind of thing it is, and a UUIDv7 in Crockford base32 (seal.md §1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::instant::Instant;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, version 7, 74 random bits.
fn uuid7(at: Instant, random: [u8; 10]) -> u128 {
    let millis = u128::from(at.unix_millis().unsigned_abs()) & 0xffff_ffff_ffff;
    let random = random.iter().fold(0_u128, |acc, byte| (acc << 8) | u128::from(*byte));
    let high = (random >> 62) & 0x0fff;
    let low = random & 0x3fff_ffff_ffff_ffff;
    (millis << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low
}

/// 26 characters, five bits each, most significant first; the first carries the top three bits.
fn encode(value: u128) -> [u8; 26] {
    let mut out = [b'0'; 26];
    let mut rest = value;
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    out
}

fn decode(text: &str) -> Result<u128, NotAnId> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return Err(NotAnId);
    }
    text.bytes().try_fold(0_u128, |acc, byte| {
        let digit = ALPHABET.iter().position(|c| *c == byte).ok_or(NotAnId)?;
        Ok((acc << 5) | digit as u128)
    })
}

macro_rules! ids {
    ($( $(#[doc = $doc:literal])+ $name:ident = $prefix:literal; )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What such an id begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id for this moment and ten random bytes.
            #[must_use]
            pub fn new(at: Instant, random: [u8; 10]) -> Self {
                Self(uuid7(at, random))
            }

            /// A new id for this moment with randomness from the operating system.
            #[must_use]
            pub fn random(at: Instant) -> Self {
                Self::new(at, crate::random::bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = encode(self.0);
                f.write_str($prefix)?;
                f.write_str(std::str::from_utf8(&digits).expect("the alphabet is ASCII"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                decode(text.strip_prefix($prefix).ok_or(NotAnId)?).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+ };
}

ids! {
    /// A client: a company that the agency serves.
    ClientId = "cl_";
    /// A person at a client.
    MemberId = "mb_";
    /// One installed app.
    DeviceId = "dv_";
    /// One account at one provider that a client brought.
    ConnectionId = "cn_";
    /// A program of the agency's that serves one client.
    AssistantId = "as_";
    /// One replacing of a connection's key by a new one.
    RotationId = "rt_";
    /// One signed change.
    ActId = "act_";
    /// One call through the gateway.
    CallId = "call_";
    /// A sealing key of the agency.
    SealingKeyId = "sk_";
    /// A signing key of the agency.
    SigningKeyId = "gk_";
}

impl ClientId {
    /// The agency itself: its own record and its own keys go under this id.
    pub const PLATFORM: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_travels_as_text_and_keeps_its_order_in_time() {
        let early = ClientId::new(Instant::from_unix_millis(1_000), [0xff; 10]);
        let late = ClientId::new(Instant::from_unix_millis(1_001), [0; 10]);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().len(), 29);
        assert_eq!(early.to_string().parse::<ClientId>().unwrap(), early);
        assert!(early.to_string().parse::<MemberId>().is_err());
    }

    #[test]
    fn uuid_version_and_variant_are_set() {
        let value = uuid7(Instant::from_unix_millis(0x0123_4567_89ab), [0xff; 10]);
        assert_eq!(format!("{value:032x}"), "0123456789ab7fffbfffffffffffffff");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "cl_", "cl_8zzzzzzzzzzzzzzzzzzzzzzzzz", "cl_0000000000000000000000000U", "cl_000"] {
            assert_eq!(text.parse::<ClientId>(), Err(NotAnId), "{text}");
        }
    }
}

//! Signatures of the Standard Webhooks specification, version `v1`: HMAC-SHA256 over `id.timestamp.body`.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ownkey_protocol::random;
use ownkey_secret::Secret;
use sha2::Sha256;
use zeroize::Zeroizing;

/// What begins the text of a key.
const PREFIX: &str = "whsec_";

/// The keys with which webhooks are signed, the newest first: while one is replaced, every webhook bears a signature by
/// each, and the receiver takes the one that it knows.
pub struct Keys(Vec<Secret>);

impl Keys {
    /// Reads them from a file, one `whsec_…` in a line; makes the file, with one key, where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds something else.
    pub fn open(file: &Path) -> Result<Self> {
        if !file.exists() {
            let fresh = Zeroizing::new(random::bytes::<32>());
            let text = Zeroizing::new(format!("{PREFIX}{}\n", *Zeroizing::new(STANDARD.encode(*fresh))));
            crate::store::write(file, text.as_bytes())?;
            tracing::info!(file = %file.display(), "made the key with which webhooks are signed");
        }
        let text = Zeroizing::new(std::fs::read_to_string(file)?);
        let keys: Option<Vec<Secret>> = text.lines().filter(|line| !line.trim().is_empty()).map(key).collect();
        match keys.filter(|keys| !keys.is_empty()) {
            Some(keys) => Ok(Self(keys)),
            None => {
                Err(Error::new(ErrorKind::InvalidData, format!("{}: write one {PREFIX}… in a line", file.display())))
            }
        }
    }

    /// The header `webhook-signature`.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let by = |key: &Secret| {
            // EXPOSE: the key signs what is told to the agency's own receiver.
            let mut mac = key.expose(Hmac::<Sha256>::new_from_slice).expect("HMAC takes keys of any length");
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.0.iter().map(by).collect::<Vec<_>>().join(" ")
    }
}

/// 24 to 64 bytes, as the specification wants.
fn key(line: &str) -> Option<Secret> {
    let bytes = STANDARD.decode(line.trim().strip_prefix(PREFIX)?).ok()?;
    let fits = (24..=64).contains(&bytes.len());
    Secret::new(bytes).ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example_is_signed_as_it_says() {
        let keys = Keys(vec![key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()]);
        let body = br#"{"test": 2432232314}"#;
        let signed = keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_file_is_made_once_and_may_hold_two_keys_while_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("webhook.key");
        let first = Keys::open(&file).unwrap().sign("a", 1, b"x");
        assert_eq!(Keys::open(&file).unwrap().sign("a", 1, b"x"), first);
        let kept = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("whsec_{}\n{kept}", STANDARD.encode([7; 24]))).unwrap();
        assert!(Keys::open(&file).unwrap().sign("a", 1, b"x").ends_with(&format!(" {first}")));
        for bad in ["", "secret", "whsec_AAAA", "whsec_?"] {
            std::fs::write(&file, bad).unwrap();
            assert!(Keys::open(&file).is_err(), "{bad}");
        }
    }
}

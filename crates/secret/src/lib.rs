//! The one type for secrets.
//!
//! A provider key, an admin key, a signing seed: whatever must never be seen in a log, on a screen or on a disk
//! is a [`Secret`] from the moment it enters the program. The type is deliberately poor. It cannot be printed,
//! compared with `==`, cloned, serialised or dereferenced, so the compiler finds the leak before a reviewer has to:
//!
//! ```compile_fail
//! # let s = ownkey_secret::Secret::new(b"a-secret-of-16-b".to_vec()).unwrap();
//! println!("{s}"); // no Display
//! ```
//! ```compile_fail
//! # let s = ownkey_secret::Secret::new(b"a-secret-of-16-b".to_vec()).unwrap();
//! let copy = s.clone(); // no Clone
//! ```
//! ```compile_fail
//! # let s = ownkey_secret::Secret::new(b"a-secret-of-16-b".to_vec()).unwrap();
//! let same = s == s; // no PartialEq
//! ```
//! ```compile_fail
//! # let s = ownkey_secret::Secret::new(b"a-secret-of-16-b".to_vec()).unwrap();
//! let bytes: &[u8] = &s; // no Deref
//! ```
//! ```compile_fail
//! fn wants<T: AsRef<[u8]>>(_: T) {}
//! # let s = ownkey_secret::Secret::new(b"a-secret-of-16-b".to_vec()).unwrap();
//! wants(s); // no AsRef
//! ```
//! ```compile_fail
//! fn leaks(f: &ownkey_secret::Secret) -> &[u8] { f.expose(|bytes| bytes) } // the bytes cannot leave by reference
//! ```
//!
//! The content is reached through [`Secret::expose`] alone. Every call site outside tests carries a comment
//! `// EXPOSE: why`, and a test counts them against a committed list.

mod stack;

pub use stack::clear_stack;

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The fewest bytes that a secret may have. Shorter texts are not keys of any provider.
pub const MIN_BYTES: usize = 8;
/// The most bytes that a secret may have (seal.md §3: the length prefix and padding are laid out for it).
pub const MAX_BYTES: usize = 2_048;

/// Bytes that are wiped when they are dropped and that can only be seen inside a closure.
///
/// ```
/// let secret = ownkey_secret::Secret::new(b"sk-proj-practice-0001".to_vec()).unwrap();
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.last_four().as_str(), "0001");
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why bytes were not taken as a secret. Says nothing about the bytes themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretRefused {
    /// Fewer than [`MIN_BYTES`].
    #[error("a secret has at least {MIN_BYTES} bytes")]
    TooShort,
    /// More than [`MAX_BYTES`].
    #[error("a secret has at most {MAX_BYTES} bytes")]
    TooLong,
}

impl Secret {
    /// Takes the bytes. They are wiped when the secret is dropped, and at once when they are refused.
    ///
    /// # Errors
    /// [`SecretRefused`] when the length is outside [`MIN_BYTES`]..=[`MAX_BYTES`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretRefused> {
        let bytes = Zeroizing::new(bytes);
        match bytes.len() {
            n if n < MIN_BYTES => Err(SecretRefused::TooShort),
            n if n > MAX_BYTES => Err(SecretRefused::TooLong),
            _ => Ok(Self(bytes)),
        }
    }

    /// Lends the bytes to `act` for as long as it runs. What `act` returns must not contain them.
    pub fn expose<R>(&self, act: impl FnOnce(&[u8]) -> R) -> R {
        act(&self.0)
    }

    /// Compares in constant time for secrets of the same length.
    #[must_use]
    pub fn same_as(&self, other: &Secret) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }

    /// The last four characters, the only part that a person ever sees.
    #[must_use]
    pub fn last_four(&self) -> LastFour {
        let mut tail = [b'?'; 4];
        for (shown, byte) in tail.iter_mut().zip(&self.0[self.0.len() - 4..]) {
            if byte.is_ascii_graphic() {
                *shown = *byte;
            }
        }
        LastFour(tail)
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: a secret has at least [`MIN_BYTES`] bytes. Present for the convention that goes with [`Self::len`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// `text` with every run of eight or more characters of this secret replaced by `••••`.
    ///
    /// For the provider's own words: they sometimes quote the key that they refuse. The last four characters of a
    /// run that ends with the key's end stay out too: the caller shows [`Self::last_four`] where it is wanted.
    #[must_use]
    pub fn masked_in(&self, text: &str) -> String {
        const RUN: usize = 8;
        let haystack = text.as_bytes();
        let mut hidden = vec![false; haystack.len()];
        for window in self.0.windows(RUN) {
            for (at, seen) in haystack.windows(RUN).enumerate() {
                if seen == window {
                    hidden[at..at + RUN].fill(true);
                }
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut masking = false;
        for (at, ch) in text.char_indices() {
            if hidden[at] {
                if !masking {
                    out.push_str("••••");
                }
                masking = true;
            } else {
                masking = false;
                out.push(ch);
            }
        }
        out
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The last four characters of a secret; bytes that are not printable ASCII are shown as `?`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastFour([u8; 4]);

impl LastFour {
    /// As text of exactly four characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("four ASCII bytes are text")
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_bounded_on_both_sides() {
        assert_eq!(Secret::new(vec![b'a'; 7]).unwrap_err(), SecretRefused::TooShort);
        assert_eq!(Secret::new(vec![b'a'; 2_049]).unwrap_err(), SecretRefused::TooLong);
        assert_eq!(Secret::new(vec![b'a'; 8]).unwrap().len(), 8);
        assert_eq!(Secret::new(vec![b'a'; 2_048]).unwrap().len(), 2_048);
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new(b"sk-proj-abcdefghij".to_vec()).unwrap();
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(…) Some(Secret(…))");
    }

    #[test]
    fn comparison_sees_content_and_length() {
        let a = Secret::new(b"12345678".to_vec()).unwrap();
        assert!(a.same_as(&Secret::new(b"12345678".to_vec()).unwrap()));
        assert!(!a.same_as(&Secret::new(b"12345679".to_vec()).unwrap()));
        assert!(!a.same_as(&Secret::new(b"123456789".to_vec()).unwrap()));
    }

    #[test]
    fn a_providers_words_are_masked_wherever_eight_characters_of_the_key_stand() {
        let secret = Secret::new(b"sk-proj-0123456789ABCDEF".to_vec()).unwrap();
        let words = "Incorrect key sk-proj-0123456789ABCDEF (…3456789A…) for ünïcode";
        assert_eq!(secret.masked_in(words), "Incorrect key •••• (…••••…) for ünïcode");
        assert_eq!(secret.masked_in("nothing of it"), "nothing of it");
    }

    #[test]
    fn unprintable_tails_are_question_marks() {
        let secret = Secret::new(vec![1, 2, 3, 4, 5, 200, b'x', b'\n']).unwrap();
        assert_eq!(secret.last_four().as_str(), "??x?");
    }
}

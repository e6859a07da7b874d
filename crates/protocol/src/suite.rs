//! The two cryptographic suites of sealed copies (seal.md §3).

use serde::{Deserialize, Serialize};

/// The cryptographic suites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Suite {
    /// X-Wing (X25519 and ML-KEM-768), HKDF-SHA256, ChaCha20-Poly1305: the default.
    #[serde(rename = "xwing-sha256-chacha20poly1305")]
    XWing,
    /// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
    #[serde(rename = "x25519-sha256-chacha20poly1305")]
    X25519,
}

impl Suite {
    /// The spelling in headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::XWing => "xwing-sha256-chacha20poly1305",
            Self::X25519 => "x25519-sha256-chacha20poly1305",
        }
    }
}

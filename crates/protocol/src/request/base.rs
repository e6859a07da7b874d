//! The signature base of RFC 9421 §2.5.
//!
//! ```text
//! "<component>": <value>\n … "@signature-params": <params>
//! ```

use super::Request;
use crate::encoding::{Hash, to_base64};

/// The covered components of a request with their values, in the profile's order.
#[derive(Debug, Clone)]
pub struct Covered {
    /// Name and value.
    pub components: Vec<(&'static str, String)>,
}

impl Covered {
    /// Those of a request of this profile.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        let mut components = vec![
            ("@method", request.method.to_owned()),
            ("@authority", request.authority.to_ascii_lowercase()),
            ("@path", request.path.to_owned()),
            ("@query", format!("?{}", request.query)),
        ];
        if let Some((content_type, body)) = request.body {
            components.push(("content-digest", content_digest(body)));
            components.push(("content-type", content_type.to_owned()));
        }
        Self { components }
    }

    /// The signature parameters (RFC 9421 §2.3) for these components.
    #[must_use]
    pub fn params(&self, created: i64, nonce: &str, keyid: &str) -> String {
        let names: Vec<String> = self.components.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        format!(
            "({});created={created};nonce=\"{nonce}\";alg=\"ed25519\";keyid=\"{keyid}\";tag=\"ownkey/1\"",
            names.join(" ")
        )
    }
}

/// The signature base for components with their values and the serialised parameters.
#[must_use]
pub fn signature_base<N: AsRef<str>>(components: &[(N, String)], params: &str) -> String {
    let mut out = String::new();
    for (name, value) in components {
        out.push_str(&format!("\"{}\": {value}\n", name.as_ref()));
    }
    out.push_str(&format!("\"@signature-params\": {params}"));
    out
}

/// `Content-Digest` of a body (RFC 9530 §2): `sha-256=:<base64>:`.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", to_base64(&Hash::of(&[body]).0))
}

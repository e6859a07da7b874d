//! How a server is set up: one folder, one public address, and where the providers are.

use std::path::PathBuf;

use ownkey_providers::endpoints::Endpoints;

/// Calls that may be on their way at once, unless the server is told otherwise: each takes a connection here and one at
/// the provider, and up to 4 MiB of a body.
pub const MOST_CALLS: usize = 8_192;

/// What a running server needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's folder: `db/` (database, 0700), `keys/` (the wrapping key, apart from the database), the socket.
    pub data_dir: PathBuf,
    /// The agency's name, for people; taken when the identity is made.
    pub name: String,
    /// Its public URL: an origin such as `https://agency.example`, no path.
    pub public_url: String,
    /// Whom a client's people may ask: an e-mail address or telephone number.
    pub contact: String,
    /// Internet addresses from which the gateway calls providers; shown to clients as good practice.
    pub egress_addresses: Vec<String>,
    /// The most calls that may be on their way at once; one more is refused with 503 at once. See [`MOST_CALLS`].
    pub most_calls: usize,
    /// Where the providers are.
    pub endpoints: Endpoints,
}

impl Config {
    /// `host[:port]` of the public URL, as signed requests must name it.
    #[must_use]
    pub fn authority(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, rest)| rest);
        rest.trim_end_matches('/')
    }
}

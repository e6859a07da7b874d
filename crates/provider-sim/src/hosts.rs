//! Replicate's further hosts: events come from one, output files from another, each on a listener of its own, so that a
//! test sees what was sent to whom.

/// A listener of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// The provider's own API.
    Api,
    /// stream.replicate.com: events of predictions, for whoever shows the token.
    Stream,
    /// replicate.delivery: output files, public.
    Delivery,
}

impl Host {
    /// Replicate's hosts beside its API.
    pub const FURTHER: [Host; 2] = [Host::Stream, Host::Delivery];

    /// The lower-case name: `api`, `stream`, `delivery`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Host::Api => "api",
            Host::Stream => "stream",
            Host::Delivery => "delivery",
        }
    }
}

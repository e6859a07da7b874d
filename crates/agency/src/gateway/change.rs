//! What must change in an answer while it streams (design.md §6): usage that the caller did not ask for is taken out
//! again, and Replicate's absolute addresses come back to the gateway. Everything else passes byte by byte.

use std::sync::Arc;

use bytes::Bytes;
use ownkey_protocol::id::ClientId;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::hosts::Addresses;
use ownkey_providers::meter::Unasked;
use ownkey_providers::unified::chat::Stream;

use super::call::{Account, Call};
use super::hosts::{Keeper, addresses};
use crate::Agency;

/// A longer line passes as it is.
const LONGEST_LINE: usize = 256 * 1024;

/// What happens to the pieces of an answer.
pub(crate) enum Change {
    /// Nothing.
    Nothing,
    /// The usage chunk that only the gateway asked for is taken out.
    Usage(Unasked),
    /// Addresses come back to the gateway.
    Home(Home),
    /// Anthropic's events become OpenAI's.
    Chat(Box<Stream>),
}

impl Change {
    /// What must change in the answer to `call`.
    pub(crate) fn of(agency: &Arc<Agency>, client: ClientId, call: &Call, account: &Account, streams: bool) -> Self {
        if let (Some(asked), true) = (call.asked, streams) {
            return Self::Chat(Box::new(Stream::new(asked, call.at.unix_seconds().unsigned_abs())));
        }
        if call.asked_for_usage {
            return Self::Usage(Unasked::default());
        }
        if call.provider == Provider::Replicate && streams {
            let keeper = Some(Keeper::new(agency, client, call, account));
            return Self::Home(Home { addresses: addresses(agency, call.provider), keeper, line: Vec::new() });
        }
        Self::Nothing
    }

    /// Whether every byte passes as it came.
    pub(crate) fn nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Whether an answer that breaks off is told so in its own shape, by [`Self::finish`].
    pub(crate) fn tells_breaks(&self) -> bool {
        matches!(self, Self::Chat(_))
    }

    /// What may go on of the pieces until now; may be empty.
    pub(crate) fn feed(&mut self, piece: Bytes) -> Bytes {
        match self {
            Self::Nothing => piece,
            Self::Usage(unasked) => Bytes::from(unasked.feed(&piece)),
            Self::Home(home) => Bytes::from(home.feed(&piece)),
            Self::Chat(stream) => Bytes::from(stream.feed(&piece)),
        }
    }

    /// What was held when the answer ended; empty the second time.
    pub(crate) fn finish(&mut self) -> Bytes {
        match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => Bytes::new(),
            Self::Usage(unasked) => Bytes::from(unasked.finish()),
            Self::Home(home) => Bytes::from(home.text(&home.line)),
            Self::Chat(stream) => Bytes::from(stream.finish()),
        }
    }
}

/// Turns the provider's addresses into the gateway's, line by line.
pub(crate) struct Home {
    addresses: Addresses,
    keeper: Option<Keeper>,
    line: Vec<u8>,
}

impl Home {
    /// A line with its addresses turned; what is no text stays as it is. An address that could not be remembered leads
    /// nowhere. It is remembered at once, on this thread: few lines of a prediction's stream have one.
    fn text(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
        let mut found = Vec::new();
        let home = self.addresses.home(text, &mut found).into_owned();
        if let Some(keeper) = self.keeper.as_ref().filter(|_| !found.is_empty())
            && let Err(error) = keeper.keep(found)
        {
            tracing::error!(%error, "an address in a stream could not be remembered");
        }
        home.into_bytes()
    }

    fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len());
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() > LONGEST_LINE {
                let line = std::mem::take(&mut self.line);
                out.extend_from_slice(&self.text(&line));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use ownkey_providers::endpoints::Endpoints;

    use super::*;

    #[test]
    fn addresses_come_home_however_the_stream_is_cut() {
        let events = "event: output\ndata: https://replicate.delivery/a/b.png\n\ndata: https://other.example/é\n";
        let home = events.replace("https://replicate.delivery", "http://here/gateway/replicate/_host/delivery");
        let here = "http://here/gateway/replicate";
        for size in 1..events.len() {
            let mut change = Change::Home(Home {
                addresses: Addresses::new(&Endpoints::default(), Provider::Replicate, here),
                keeper: None,
                line: Vec::new(),
            });
            let mut out = Vec::new();
            for piece in events.as_bytes().chunks(size) {
                out.extend_from_slice(&change.feed(Bytes::copy_from_slice(piece)));
            }
            out.extend_from_slice(&change.finish());
            assert_eq!(String::from_utf8_lossy(&out), home, "{size}");
            assert!(change.finish().is_empty());
        }
    }
}

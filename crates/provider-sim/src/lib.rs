//! The five providers on loopback.
//!
//! A real account costs money and answers differently on a bad day than on a good one. This crate
//! plays all five providers on 127.0.0.1, each on a listener of its own, with keys that can be made,
//! limited, drained, expired and revoked, a ledger of who paid for which call, and faults on request.
//! Statuses, envelopes, headers and traps follow the provider notes of this project; what nobody has
//! confirmed is a [`Switch`]. It shares no code with the house, so that it cannot share its mistakes.

mod anthropic;
mod bill;
mod books;
mod call;
mod control;
mod control_http;
mod faults;
mod gemini;
mod hosts;
mod keys;
mod lag;
mod ledger;
mod openai;
mod pages;
mod picture;
mod prompt_cache;
mod provider;
mod replicate;
mod room;
mod schema;
mod seeded;
mod serve;
mod stability;
mod stream;
mod switches;
mod turn;
mod words;

pub use books::{BookedCall, BooksChange, Tier};
pub use control::{Control, Restriction};
pub use faults::{Fault, FaultKind};
pub use hosts::Host;
pub use keys::{AccountId, KeyKind, KeyShape, KeySpec, KeyStanding, KeyState, MadeKey};
pub use lag::Lag;
pub use ledger::LedgerRow;
pub use provider::Provider;
pub use switches::{SWITCHES, Switch};

use room::Room;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How the simulators start.
#[derive(Clone, Debug)]
pub struct SimsConfig {
    /// One port per provider in the order of [`Provider::ALL`]; 0 takes any free one.
    pub ports: [u16; 5],
    /// Everything that looks random is made from it.
    pub seed: u64,
    /// The pause between two events of a stream.
    pub event_gap: Duration,
}

impl Default for SimsConfig {
    fn default() -> SimsConfig {
        SimsConfig { ports: [0; 5], seed: 1, event_gap: Duration::from_millis(3) }
    }
}

/// Five running simulators. Dropping it closes them at once, open connections too.
pub struct Sims {
    control: Control,
    origins: [String; 5],
    further: Vec<(Host, String)>,
    listeners: JoinSet<()>,
}

impl Sims {
    /// Binds the five listeners on 127.0.0.1 and starts to serve.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn start(config: SimsConfig) -> std::io::Result<Sims> {
        let mut bound = Vec::new();
        for provider in Provider::ALL {
            let listener = TcpListener::bind(("127.0.0.1", config.ports[provider.index()])).await?;
            let origin = format!("http://{}", listener.local_addr()?);
            bound.push((provider, listener, origin));
        }
        let mut more = Vec::new();
        for host in Host::FURTHER {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let origin = format!("http://{}", listener.local_addr()?);
            more.push((host, listener, origin));
        }
        let origins = Provider::ALL.map(|provider| bound[provider.index()].2.clone());
        let further: Vec<(Host, String)> = more.iter().map(|(host, _, origin)| (*host, origin.clone())).collect();
        let control = Control::new(
            Provider::ALL
                .map(|provider| Room::new(provider, config.seed, origins[provider.index()].clone(), further.clone())),
        );
        let mut listeners = JoinSet::new();
        for (provider, listener, _) in bound {
            let at = (provider, Host::Api);
            listeners.spawn(serve::serve(listener, at, control.clone(), config.event_gap));
        }
        for (host, listener, _) in more {
            let at = (Provider::Replicate, host);
            listeners.spawn(serve::serve(listener, at, control.clone(), config.event_gap));
        }
        Ok(Sims { control, origins, further, listeners })
    }

    /// Where a provider listens: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn origin(&self, provider: Provider) -> String {
        self.origins[provider.index()].clone()
    }

    /// Where one of Replicate's further hosts listens; the API itself for [`Host::Api`].
    pub fn host(&self, host: Host) -> String {
        let found = self.further.iter().find(|(one, _)| *one == host);
        found.map_or_else(|| self.origin(Provider::Replicate), |(_, origin)| origin.clone())
    }

    /// The hand on all five.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops listening and closes every connection.
    pub async fn stop(mut self) {
        self.listeners.shutdown().await;
    }
}

//! Pages of the providers, and what may be put on the clipboard.

use ownkey_protocol::code::Code;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::pages;

use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{CopyWhat, How, PageLink};

impl<H: Host> App<H> {
    fn address(&self, link: &PageLink) -> String {
        let endpoints = &self.setup.endpoints;
        match link {
            PageLink::ProviderKeys(provider) => pages::keys(endpoints, *provider),
            PageLink::ProviderAdminKeys(provider) => pages::admin_keys(endpoints, *provider),
            PageLink::ProviderBilling(provider) => pages::billing(endpoints, *provider),
        }
    }

    /// Opens a provider's page in the system's browser.
    ///
    /// # Errors
    /// `no_browser`: the window then offers the address to copy.
    pub async fn open_page(&self, link: PageLink) -> Result<(), Fault> {
        let address = self.address(&link);
        if self.host.open_page(&address) { Ok(()) } else { Err(Fault::new(Code::NoBrowser, "no browser")) }
    }

    /// Puts something on the clipboard that a person may send on.
    ///
    /// # Errors
    /// `clipboard_unreadable`; `link_malformed` for an invite that is none.
    pub async fn copy(&self, what: CopyWhat) -> Result<(), Fault> {
        let text = match what {
            CopyWhat::Page(link) => self.address(&link),
            CopyWhat::Report(reference) => self.report(&reference),
            CopyWhat::Invite(link) => {
                let link: ownkey_protocol::join::JoinLink =
                    link.parse().map_err(|_| Fault::new(Code::LinkMalformed, "not an invite"))?;
                link.to_string()
            }
            CopyWhat::EgressAddresses => {
                self.live(|live| live.snapshot.as_ref().map(|s| s.egress_addresses.join("\n"))).unwrap_or_default()
            }
        };
        let written = self.host.write_clipboard(&text);
        written.map_err(|_| Fault::new(Code::ClipboardUnreadable, "the system refused"))
    }

    /// A report that is safe to send: versions, ids, codes and their references.
    fn report(&self, reference: &str) -> String {
        let reference: String = reference.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(16).collect();
        let joined = self.joined();
        let membership = joined.as_ref().map(|j| &j.membership);
        let state = self.state();
        let recent = self.log.last(10);
        let head = [
            format!("{} {}", self.setup.name, env!("CARGO_PKG_VERSION")),
            format!("reference: {reference}"),
            format!("system: {} {}", std::env::consts::OS, std::env::consts::ARCH),
            format!("agency: {}", membership.map(|m| m.fingerprint.to_string()).unwrap_or_default()),
            format!("client: {}", membership.map(|m| m.client.to_string()).unwrap_or_default()),
            format!("device: {}", membership.map(|m| m.device.to_string()).unwrap_or_default()),
            format!("entries verified: {}", state.map(|s| s.tree().size()).unwrap_or_default()),
            format!("online: {}", self.live(|live| live.online)),
            "recently:".to_owned(),
        ];
        head.into_iter().chain(recent).collect::<Vec<_>>().join("\n")
    }

    /// In a demo: puts a practice key for this connection on the clipboard.
    ///
    /// # Errors
    /// `act_refused` outside a demo.
    pub async fn practice_key(&self, id: String) -> Result<(), Fault> {
        let connection = parse(&id)?;
        let (provider, admin): (Provider, bool) = match self.kept_rotation(connection) {
            Ok(kept) => (kept.provider, false),
            Err(_) => {
                let draft = self.draft(&id)?;
                (draft.provider, draft.how == Some(How::MadeForMe))
            }
        };
        if self.setup.practice_keys && self.host.practice_key(provider.as_str(), admin).await {
            Ok(())
        } else {
            Err(Fault::new(Code::ActRefused, "practice keys exist in the demo only"))
        }
    }
}

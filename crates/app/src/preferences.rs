//! What a person sets for this computer.

use ownkey_protocol::code::Code;

use crate::App;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::{Preferences, QuietHours};

impl<H: Host> App<H> {
    /// What is set, or what a new computer begins with.
    pub(crate) fn preferences(&self) -> Preferences {
        let kept = self.store.fact::<Preferences>("preferences").ok().flatten();
        kept.unwrap_or_else(|| Preferences {
            language: "system".to_owned(),
            theme: "system".to_owned(),
            by_itself: true,
            quiet: None,
            notifications: true,
            background: false,
        })
    }

    /// Sets what this computer does.
    ///
    /// # Errors
    /// `malformed` for words and hours that are none of the offered; `no_autostart` where the system does not start it.
    pub async fn set_preferences(&self, preferences: Preferences) -> Result<(), Fault> {
        let proper = ["system", "en", "de"].contains(&preferences.language.as_str())
            && ["system", "light", "dark"].contains(&preferences.theme.as_str())
            && preferences.quiet.is_none_or(QuietHours::is_proper);
        if !proper {
            return Err(Fault::new(Code::Malformed, "not a language or theme that is offered"));
        }
        let starts = preferences.background;
        if starts != self.preferences().background && !self.host.start_with_system(starts) {
            return Err(Fault::new(Code::NoAutostart, "the system does not start Ownkey"));
        }
        self.store.set_fact("preferences", &preferences)?;
        self.changed();
        Ok(())
    }

    /// Whether the app goes on without a window.
    pub fn runs_in_background(&self) -> bool {
        self.preferences().background
    }

    /// The language for native dialogs: `en` or `de`.
    pub(crate) fn language(&self) -> String {
        let chosen = self.preferences().language;
        if chosen != "system" {
            return chosen;
        }
        let system = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
        if system.starts_with("de") { "de".to_owned() } else { "en".to_owned() }
    }
}

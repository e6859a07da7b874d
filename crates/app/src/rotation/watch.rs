//! Watching the clipboard for the new key, where the person switched that on: for one page, and not for long.
//!
//! It is read once a second at the most. Only a text that looks like a key of this provider is taken; of every other text
//! nothing is kept, told or written down.

use std::time::Duration;

use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::instant::Instant;
use ownkey_protocol::vocabulary::Provider;
use ownkey_providers::classify::Pasted;
use ownkey_rotation::Effect;

use crate::App;
use crate::agency_client::now;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Nobody wants to be watched for longer.
const LONGEST_MILLIS: i64 = 10 * 60_000;

/// The one page that watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) connection: ConnectionId,
    pub(crate) until: Instant,
}

impl Watch {
    /// Its time is up; also when the clock was set back.
    fn is_over(self, now: Instant) -> bool {
        !(1..=LONGEST_MILLIS).contains(&self.until.millis_since(now))
    }
}

/// Whether this is a key of this provider and nothing else. A shape that several providers have is the person's to name.
fn fits(provider: Provider, pasted: &Pasted) -> bool {
    matches!(pasted, Pasted::Work { provider: of, .. } if *of == provider)
}

impl<H: Host> App<H> {
    /// Watches the clipboard for the new key that a rotation waits for, or stops: when a key was taken, when the page is
    /// left, and after ten minutes.
    ///
    /// # Errors
    /// `not_found`; `act_refused` when it waits for none.
    pub async fn rotation_watch(&self, connection: String, on: bool) -> Result<(), Fault> {
        let id = parse(&connection)?;
        if !on {
            self.stop_watching(id);
            return Ok(());
        }
        self.may_change()?;
        if self.kept_rotation(id)?.rotation.under_way() != Some(Effect::AskForKey) {
            return Err(Fault::new(Code::ActRefused, "the rotation does not wait for a key"));
        }
        let until = now().plus_millis(LONGEST_MILLIS);
        self.live(|live| live.watch = Some(Watch { connection: id, until }));
        self.watching.notify_one();
        self.changed();
        Ok(())
    }

    fn stop_watching(&self, id: ConnectionId) {
        let stopped = self.live(|live| live.watch.take_if(|watch| watch.connection == id).is_some());
        if stopped {
            self.changed();
        }
    }

    /// Looks while a page watches, until the app ends.
    pub(crate) async fn watch(&self) {
        loop {
            match self.live(|live| live.watch) {
                None => self.watching.notified().await,
                Some(watch) => {
                    self.look_at_clipboard(watch).await;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn look_at_clipboard(&self, watch: Watch) {
        let id = watch.connection;
        let kept = self.kept_rotation(id).ok().filter(|kept| kept.rotation.under_way() == Some(Effect::AskForKey));
        let Some(kept) = kept.filter(|_| !watch.is_over(now())) else { return self.stop_watching(id) };
        let Ok(read) = self.read_key() else { return };
        if !fits(kept.provider, &read.1) {
            return;
        }
        let failure = match self.take_key(&kept, read).await {
            Err(fault) if fault.code == Code::SameKey => return, // the old key was copied to look at it
            Err(fault) => Some(self.told(&fault)),
            Ok(()) => None,
        };
        self.live(|live| match failure {
            Some(failure) => drop(live.failures.insert(id, failure)),
            None => drop(live.failures.remove(&id)),
        });
        self.stop_watching(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_after_ten_minutes_and_when_the_clock_was_set_back() {
        let at = |seconds: i64| Instant::from_unix_millis(1_000_000_000 + seconds * 1_000);
        let watch = Watch { connection: ConnectionId::new(at(0), [1; 10]), until: at(600) };
        assert!([at(0), at(599)].iter().all(|now| !watch.is_over(*now)));
        assert!([at(-1), at(600), at(9_000)].iter().all(|now| watch.is_over(*now)));
    }

    #[test]
    fn only_a_key_of_this_provider_fits() {
        let read = |text: &str| ownkey_providers::classify::take(text.to_owned()).0;
        let key = format!("sk-ant-api03-{}AA", "practice9".repeat(11).get(..93).unwrap());
        assert!(fits(Provider::Anthropic, &read(&key)));
        assert!(!fits(Provider::OpenAi, &read(&key)));
        for other in ["", "Dear Anna", "https://example.com/?q=1", &key.replace("api03", "admin01")] {
            assert!(!fits(Provider::Anthropic, &read(other)), "{other}");
        }
    }
}

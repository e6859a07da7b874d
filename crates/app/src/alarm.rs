//! The alarm: the record, or the agency's identity, does not add up. It stays until a person has read it; what was seen
//! stays for good (seal.md §7).

use ownkey_protocol::code::Code;
use ownkey_protocol::instant::Instant;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::agency_client::now;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::Failure;

/// The most that is kept.
const MOST: usize = 20;

/// What was seen when an alarm was raised.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) code: Code,
    pub(crate) at: Instant,
    /// The checkpoint that this device had verified before.
    pub(crate) pinned: Option<String>,
    /// The statement of the agency's that did not fit.
    pub(crate) shown: Option<String>,
    /// When a person read it.
    pub(crate) read: Option<Instant>,
}

impl<H: Host> App<H> {
    /// The person has read the alarm: it goes, the evidence stays. Raised again when things still do not add up.
    ///
    /// # Errors
    /// When the local store cannot be written.
    pub async fn alarm_read(&self) -> Result<(), Fault> {
        let mut kept = self.evidence()?;
        kept.iter_mut().filter(|one| one.read.is_none()).for_each(|one| one.read = Some(now()));
        self.store.set_fact("alarms", &kept)?;
        self.store.set_fact("alarm", &None::<Code>)?;
        self.live(|live| {
            live.alarm = None;
            live.agency_seen = None;
        });
        self.entered.notify_one();
        let _raised_again_or_offline = self.sync().await;
        self.changed();
        Ok(())
    }

    /// Raises an alarm, and keeps both sides of what does not fit.
    pub(crate) fn raise(&self, failure: Failure) -> Result<(), Fault> {
        let code = failure.code;
        let (known, shown) = self.live(|live| (live.alarm.replace(failure), live.shown.clone()));
        self.store.set_fact("alarm", &Some(code))?;
        let mut kept = self.evidence()?;
        if known.is_none_or(|known| known.code != code) {
            kept.push(Evidence { code, at: now(), pinned: self.store.fact("checkpoint")?, shown, read: None });
            kept.drain(..kept.len().saturating_sub(MOST));
            self.store.set_fact("alarms", &kept)?;
        }
        Ok(())
    }

    pub(crate) fn evidence(&self) -> Result<Vec<Evidence>, Fault> {
        Ok(self.store.fact("alarms")?.unwrap_or_default())
    }
}

/// The record, or the agency's identity, does not add up.
pub(crate) fn alarm(cause: &str) -> Fault {
    Fault::new(Code::RecordAlarm, cause)
}

pub(crate) fn is_alarm(code: Code) -> bool {
    matches!(
        code,
        Code::RecordAlarm
            | Code::AgencyIdentityChanged
            | Code::KeysetRolledBack
            | Code::ReceiptRefused
            | Code::RecordSplit
    )
}

//! Who pays for a use: switching between own account and platform, picking accounts and models.

use ownkey_protocol::act::Deed;
use ownkey_protocol::api::Named;
use ownkey_protocol::code::Code;
use ownkey_protocol::id::ConnectionId;
use ownkey_protocol::vocabulary::Payer;

use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::Host;
use crate::wire::UseChange;

impl<H: Host> App<H> {
    /// Sets who pays for a use, which accounts serve it, and which is preferred with which model.
    ///
    /// # Errors
    /// `stale` when somebody else changed it meanwhile; `platform_not_offered`; the agency's codes.
    pub async fn change_use(&self, change: UseChange) -> Result<(), Fault> {
        self.may_change()?;
        let state = self.state().ok_or_else(|| Fault::new(Code::AgencyUnreachable, "no record yet"))?;
        let known = state.of_use(change.r#use);
        if known.revision != u64::from(change.revision) {
            return Err(Fault::new(Code::Stale, "the use was changed meanwhile"));
        }
        let own = change.payer == Payer::Own;
        let serving: Result<Vec<ConnectionId>, Fault> = change.serving.iter().map(|id| parse(id)).collect();
        let deed = Deed::AssignmentSet {
            r#use: change.r#use,
            payer: change.payer,
            serving: if own { serving? } else { vec![] },
            preferred: change.preferred.as_deref().filter(|_| own).map(parse).transpose()?,
            model: change.model.filter(|_| own && change.preferred.is_some()),
        };
        self.perform(deed, None, vec![]).await.map(|_| ())
    }

    /// Gives a connection another name.
    ///
    /// # Errors
    /// `not_found`, `malformed` for an empty or over-long name, the agency's codes.
    pub async fn rename_connection(&self, connection: String, name: String) -> Result<(), Fault> {
        let name = Named::new(name.trim());
        let deed = Deed::ConnectionRename { connection: parse(&connection)?, name_hash: name.hash() };
        self.perform(deed, None, vec![name]).await.map(|_| ())
    }
}

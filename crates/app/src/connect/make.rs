//! placeholder
use crate::{App, fault::Fault, host::Host, wire::MakeStep};
use super::Draft;
use ownkey_providers::make::openai::Journal;
impl<H: Host> App<H> {
    pub(crate) async fn revoke_made(&self, _draft: &Draft) -> Result<(), Fault> { Ok(()) }
}
pub(crate) fn making_steps(_: &Journal) -> Vec<MakeStep> { vec![] }

//! Replace: the driver of rotations (design.md §7).

use crate::App;
use crate::fault::Fault;
use crate::host::Host;

impl<H: Host> App<H> {
    /// x
    pub async fn rotation_start(&self, _connection: String, _leaked: bool) -> Result<(), Fault> { Ok(()) }
    /// x
    pub async fn rotation_paste(&self, _connection: String) -> Result<(), Fault> { Ok(()) }
    /// x
    pub async fn rotation_revoked(&self, _connection: String) -> Result<(), Fault> { Ok(()) }
    /// x
    pub async fn rotation_go_on(&self, _connection: String) -> Result<(), Fault> { Ok(()) }
    /// x
    pub async fn rotation_paste_another(&self, _connection: String) -> Result<(), Fault> { Ok(()) }
    /// x
    pub async fn rotation_cancel(&self, _connection: String) -> Result<(), Fault> { Ok(()) }
    /// x
    pub async fn rotation_close(&self, _connection: String) -> Result<(), Fault> { Ok(()) }
}

//! placeholder
use std::sync::Arc;
pub struct Gateway;
impl Gateway { pub fn new(_: &crate::config::Config, _: Arc<crate::store::Store>) -> anyhow::Result<Self> { Ok(Self) } }
pub fn router(agency: Arc<crate::Agency>) -> axum::Router { let _ = agency; axum::Router::new() }

//! The TypeScript of what travels between engine and window, written into `ui/src/wire` by `cargo xtask wire`.

use std::path::Path;

use ts_rs::{Config, ExportError, TS};

use crate::commands;
use crate::wire::*;

/// Writes the TypeScript of all types here into `dir`, one file per type.
///
/// # Errors
/// When a file cannot be written.
pub fn export_to(dir: &Path) -> Result<(), ExportError> {
    let config = Config::new().with_out_dir(dir).with_large_int("number");
    Failure::export_all(&config)?;
    AppState::export_all(&config)?;
    JoinPreview::export_all(&config)?;
    HistoryPage::export_all(&config)?;
    HistoryFilter::export_all(&config)?;
    UseChange::export_all(&config)?;
    FallbackChange::export_all(&config)?;
    LimitChange::export_all(&config)?;
    Pausing::export_all(&config)?;
    PageLink::export_all(&config)?;
    CopyWhat::export_all(&config)?;
    InviteMade::export_all(&config)?;
    ReceiptText::export_all(&config)?;
    VersionCallsView::export_all(&config)?;
    BillsView::export_all(&config)?;
    BillFileAdded::export_all(&config)?;
    Preferences::export_all(&config)?;
    ConnectView::export_all(&config)?;
    How::export_all(&config)?;
    std::fs::write(dir.join("commands.ts"), commands::interface())?;
    Ok(())
}

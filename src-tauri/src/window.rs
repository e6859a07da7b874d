//! The one window.

use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

use crate::Title;

/// Opens it; it is shown once it is drawn.
///
/// # Errors
/// Tauri's.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
        .title(&app.state::<Title>().0)
        .inner_size(1100.0, 760.0)
        .min_inner_size(720.0, 560.0)
        .visible(false)
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                let _shown = window.show();
            }
        })
        .build()?;
    Ok(())
}

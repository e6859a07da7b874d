//! The one window.

use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, DragDropEvent, Manager, WebviewUrl, WebviewWindowBuilder, WindowEvent};

use crate::{Engine, Title};

/// Opens it; it is shown once it is drawn. Of a file that is dropped on it, the page learns the name, never the place.
///
/// # Errors
/// Tauri's.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into()))
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
    let engine = app.state::<Engine>().0.clone();
    window.on_window_event(move |event| {
        if let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event
            && let Some(first) = paths.first()
        {
            engine.bill_dropped(first.clone());
        }
    });
    Ok(())
}

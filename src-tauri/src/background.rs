//! Ownkey without a window: started with the system (`--background`), or after its window was closed, where the person
//! allowed it. Keys that are due are replaced, and reminders told; a second start opens the window.

use tauri::{AppHandle, Manager, RunEvent};
use tauri_plugin_autostart::ManagerExt;

use crate::{Engine, window};

/// The argument with which the system starts Ownkey.
pub(crate) const ARGUMENT: &str = "--background";

/// Whether this start is the system's.
pub(crate) fn is_asked() -> bool {
    std::env::args().any(|word| word == ARGUMENT)
}

/// Whether the system starts Ownkey from now on. False where it does not let us.
pub(crate) fn start_with_system(app: &AppHandle, on: bool) -> bool {
    let manager = app.autolaunch();
    let done = if on { manager.enable() } else { manager.disable() };
    match done {
        Ok(()) => true,
        // What was never there cannot be taken away.
        Err(error) => {
            tracing::info!(%error, on, "starting with the system");
            !on
        }
    }
}

/// The last window was closed: the app stays where the person allowed that. Whoever presses *Quit* means it.
pub(crate) fn stay(app: &AppHandle, event: &RunEvent) {
    if let RunEvent::ExitRequested { code: None, api, .. } = event
        && app.try_state::<Engine>().is_some_and(|engine| engine.0.runs_in_background())
    {
        api.prevent_exit();
    }
}

/// Ownkey was started once more: its window comes forward, or is opened.
pub(crate) fn come_forward(app: &AppHandle) {
    match app.get_webview_window("main") {
        Some(open) => {
            let _brought_forward = open.set_focus();
        }
        None => {
            if let Err(error) = window::open(app) {
                tracing::error!(%error, "the window could not be opened");
            }
        }
    }
}

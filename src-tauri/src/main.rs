//! Ownkey's window. Everything that is decided is decided in `crates/app`; this adapts it to Tauri.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod background;
mod clipboard;
mod commands;
mod dialogs;
mod host;
mod setup;
mod window;

use std::sync::Arc;

use ownkey_app::App;
use ownkey_app::keychain::SystemKeychain;
use ownkey_protocol::code::Code;
use tauri::Manager;
use tauri_plugin_deep_link::DeepLinkExt;
use zeroizing_alloc::ZeroAlloc;

use host::WindowHost;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// The engine, as the commands reach it.
struct Engine(Arc<App<WindowHost>>);

/// What stands over the window.
struct Title(String);

fn main() {
    if let Err(error) = setup::harden() {
        tracing::warn!(%error, "core files could not be switched off");
    }
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .init();
    let place = match setup::place() {
        Ok(place) => place,
        Err(cause) => {
            tracing::error!(cause, "cannot start");
            std::process::exit(2);
        }
    };
    let mut context = tauri::generate_context!();
    if let Some(identifier) = place.identifier {
        identifier.clone_into(&mut context.config_mut().identifier);
    }
    let mut builder = tauri::Builder::default();
    if place.single_instance {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| background::come_forward(app)));
    }
    let built = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_autostart::Builder::new().app_name(&place.name).arg(background::ARGUMENT).build())
        .plugin(window_state())
        .plugin(tauri_plugin_deep_link::init())
        .invoke_handler(commands::handler())
        .setup(move |app| open(app, &place))
        .build(context);
    match built {
        Ok(app) => app.run(|app, event| background::stay(app, &event)),
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            std::process::exit(1);
        }
    }
}

/// Remembers where the window was. Whether it is shown is not remembered: it is shown when it is drawn.
fn window_state<R: tauri::Runtime>() -> tauri::plugin::TauriPlugin<R> {
    use tauri_plugin_window_state::{Builder, StateFlags};
    Builder::default().with_state_flags(StateFlags::all() - StateFlags::VISIBLE).build()
}

/// Opens the engine on its local data, then the window, unless the system started it without one, and only then looks at
/// keychain and network.
fn open(app: &mut tauri::App, place: &setup::Place) -> Result<(), Box<dyn std::error::Error>> {
    let host = WindowHost::new(app.handle().clone(), place);
    let keychain = Arc::new(SystemKeychain::new(&place.keychain_service));
    let setup = place.setup(app.path().app_data_dir()?);
    let folder = setup.data_dir.clone();
    let engine = match App::open(host, setup, keychain) {
        Ok(engine) => engine,
        Err(fault) if fault.code == Code::DatabaseBroken => {
            dialogs::offer_to_begin_anew(app.handle(), &fault, folder);
            return Ok(());
        }
        Err(fault) => {
            dialogs::cannot_start(app.handle(), &fault);
            return Ok(());
        }
    };
    app.manage(Engine(engine.clone()));
    app.manage(Title(place.name.clone()));
    if !background::is_asked() {
        window::open(app.handle())?;
    }
    if let Some(link) = place.join_link() {
        engine.offer_link(&link);
    }
    let for_links = engine.clone();
    app.deep_link().on_open_url(move |opened| opened.urls().iter().for_each(|url| for_links.offer_link(url.as_str())));
    tauri::async_runtime::spawn(async move {
        let _shown_in_the_window = engine.start().await;
        engine.follow().await;
    });
    Ok(())
}

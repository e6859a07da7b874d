//! The window's commands, one for each line of the list in `crates/app`.

use ownkey_app::wire::*;
use ownkey_protocol::act::Schedule;
use ownkey_protocol::vocabulary::{Provider, Role, Use};
use tauri::State;
use tauri::ipc::Invoke;

use crate::Engine;

macro_rules! answer {
    ($( $name:ident ( $( $arg:ident : $ty:ty ),* ) -> $answer:ty; )+) => {
        $(
            #[tauri::command(rename_all = "snake_case")]
            async fn $name(engine: State<'_, Engine>, $( $arg: $ty ),*) -> Result<$answer, Failure> {
                engine.0.$name($( $arg ),*).await.map_err(|fault| engine.0.told(&fault))
            }
        )+

        /// Answers the window's calls.
        pub(crate) fn handler() -> impl Fn(Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$( $name ),+]
        }
    };
}

ownkey_app::commands!(answer);

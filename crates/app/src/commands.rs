//! The one list of commands. Every host (window, tests, demo) must answer each or it does not compile.
//!
//! `commands!(callback)` hands the list to the macro `callback` in the form
//! `name(argument: Type, …) -> Answer;`. The window's TypeScript (`ui/src/wire/commands.ts`), the capability file and
//! the list of cases in the leak tests are made from it.

/// Hands the list of commands to another macro. See the module's text.
#[macro_export]
macro_rules! commands {
    ($then:ident) => {
        $then! {
            app_state() -> AppState;
            refresh() -> ();
            alarm_read() -> ();
            set_preferences(preferences: Preferences) -> ();
            join_preview(link: String) -> JoinPreview;
            join_accept(link: String, device_name: String) -> ();
            connect_start(provider: Provider, uses: Vec<Use>) -> String;
            connect_how(id: String, how: How) -> ();
            connect_paste(id: String) -> ();
            connect_paste_sure(id: String) -> ();
            connect_make(id: String, keep_admin_key: bool) -> ();
            connect_check(id: String) -> ();
            connect_pick(id: String, picks: Vec<ModelPick>) -> ();
            connect_review(id: String) -> ();
            connect_send(id: String) -> ();
            connect_try(id: String) -> ();
            connect_skip_try(id: String) -> ();
            connect_use(id: String, uses: Vec<Use>, preferred: Vec<Use>) -> ();
            connect_back(id: String) -> ();
            connect_discard(id: String) -> ();
            connect_close(id: String) -> ();
            forget_admin_key(provider: Provider) -> ();
            keep_admin_key(provider: Provider) -> ();
            rotation_start(connection: String, leaked: bool) -> ();
            rotation_paste(connection: String) -> ();
            rotation_watch(connection: String, on: bool) -> ();
            rotation_revoked(connection: String) -> ();
            rotation_go_on(connection: String) -> ();
            rotation_paste_another(connection: String) -> ();
            rotation_try(connection: String, assistant: Option<String>) -> ();
            rotation_wait(connection: String) -> ();
            rotation_leave(connection: String) -> ();
            rotation_cancel(connection: String) -> ();
            rotation_close(connection: String) -> ();
            rotation_save(connection: String) -> ();
            version_calls(connection: String, version: u32, before: Option<String>) -> VersionCallsView;
            bills(month: Option<String>) -> BillsView;
            bills_switch(on: bool) -> ();
            bills_fetch() -> ();
            bills_stop() -> ();
            bills_margin(permille: u32, micro: u64) -> ();
            bills_add_file(connection: String) -> BillFileAdded;
            bills_leave_file() -> ();
            bills_alert(connection: String, micro: Option<u64>) -> ();
            bills_spend_limit(connection: String, micro: Option<u64>) -> ();
            bills_rate_add(rate: BillRate) -> ();
            bills_rate_remove(rate: BillRate) -> ();
            bills_save(month: String, connection: String) -> ();
            bills_send(month: String, connection: String) -> ();
            check_now(connection: String) -> ();
            set_schedule(connection: String, schedule: Option<Schedule>) -> ();
            set_owner(connection: String, member: String) -> ();
            answer_agreement(schedule: Option<Schedule>, accept: bool) -> ();
            rename_connection(connection: String, name: String) -> ();
            change_use(change: UseChange) -> ();
            pause(what: Pausing, on: bool) -> ();
            limit_fallback(change: FallbackChange) -> ();
            set_limit(change: LimitChange) -> ();
            revoke(connection: String) -> ();
            stop_leaked(connection: String, version: u32) -> ();
            prove_revoked(connection: String, version: u32) -> ();
            receipt(connection: String, version: u32) -> ReceiptText;
            history(filter: HistoryFilter) -> HistoryPage;
            invite_member(name: String, role: Role) -> InviteMade;
            change_member(member: String, role: Role, revision: u32) -> ();
            remove_member(member: String) -> ();
            revoke_device(device: String) -> ();
            open_page(link: PageLink) -> ();
            copy(what: CopyWhat) -> ();
            practice_key(id: String) -> ();
            quit() -> ();
        }
    };
}

mod typescript {
    use std::collections::BTreeSet;

    use ownkey_protocol::act::Schedule;
    use ownkey_protocol::vocabulary::{Provider, Role, Use};
    use ts_rs::{Config, TS};

    use crate::wire::*;

    macro_rules! describe {
        ($( $name:ident ( $( $arg:ident : $ty:ty ),* ) -> $answer:ty; )+) => {
            /// Names of all commands, in the order of the list.
            pub const NAMES: &[&str] = &[$( stringify!($name), )+];

            /// TypeScript of the list: an interface `Commands` from name to arguments and answer.
            #[must_use]
            pub fn interface() -> String {
                let config = Config::new().with_large_int("number");
                let mut imports = BTreeSet::new();
                let mut body = String::new();
                $(
                    let arguments: Vec<String> = vec![$({
                        let name = <$ty as TS>::name(&config);
                        import(&name, &mut imports);
                        format!("{}: {}", stringify!($arg), name)
                    }),*];
                    let answer = <$answer as TS>::name(&config);
                    import(&answer, &mut imports);
                    body.push_str(&format!(
                        "  {}: {{ args: {{ {} }}; answer: {} }};\n",
                        stringify!($name), arguments.join("; "), answer
                    ));
                )+
                let mut out = String::from("// Made from crates/app/src/commands.rs. Do not edit.\n");
                for name in imports {
                    out.push_str(&format!("import type {{ {name} }} from \"./{name}\";\n"));
                }
                out.push_str("\nexport interface Commands {\n");
                out.push_str(&body);
                out.push_str("}\n");
                out
            }
        };
    }

    commands!(describe);

    fn import(name: &str, imports: &mut BTreeSet<String>) {
        let bare = name.trim_end_matches(" | null").trim_start_matches("Array<").trim_end_matches('>');
        if bare.starts_with(|c: char| c.is_ascii_uppercase()) {
            imports.insert(bare.to_owned());
        }
    }
}

pub use typescript::{NAMES, interface};

mod dispatch {
    use std::sync::Arc;

    use ownkey_protocol::act::Schedule;
    use ownkey_protocol::code::Code;
    use ownkey_protocol::vocabulary::{Provider, Role, Use};
    use serde_json::Value;

    use crate::App;
    use crate::fault::Fault;
    use crate::host::Host;
    use crate::wire::*;

    macro_rules! answer {
        ($( $name:ident ( $( $arg:ident : $ty:ty ),* ) -> $answer:ty; )+) => {
            /// Does a command by its name, with its arguments as a JSON object: for hosts without a window.
            ///
            /// # Errors
            /// The command's own, as the window would be told; `malformed` for an unknown name or argument.
            pub async fn call<H: Host>(app: &Arc<App<H>>, name: &str, arguments: &Value) -> Result<Value, Failure> {
                match name {
                    $( stringify!($name) => {
                        $( let $arg: $ty = argument(arguments, stringify!($arg))?; )*
                        let answer: Result<$answer, Fault> = app.$name($( $arg ),*).await;
                        let answer = answer.map_err(|fault| app.told(&fault))?;
                        serde_json::to_value(answer).map_err(|e| app.told(&Fault::new(Code::Unforeseen, e.to_string())))
                    } )+
                    _ => Err(app.told(&Fault::new(Code::Malformed, "no such command"))),
                }
            }
        };
    }

    commands!(answer);

    fn argument<T: serde::de::DeserializeOwned>(arguments: &Value, name: &str) -> Result<T, Failure> {
        let value = arguments.get(name).cloned().unwrap_or(Value::Null);
        serde_json::from_value(value).map_err(|e| Fault::new(Code::Malformed, format!("{name}: {e}")).told())
    }
}

pub use dispatch::call;

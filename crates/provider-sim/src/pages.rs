//! The provider's own web page, as far as a person needs it: make, copy and revoke practice keys.

use crate::call::{Answer, Call};
use crate::control::Control;
use crate::keys::{KeyKind, KeySpec, KeyStanding, KeyState, MadeKey};
use crate::provider::Provider;

const STYLE: &str = include_str!("pages.css");
const ACCOUNT: &str = "Practice";

pub(crate) fn answer(control: &Control, provider: Provider, call: &Call) -> Answer {
    let segments = call.segments();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", [] | ["console"]) => Answer::html(200, page(control, provider, None)),
        ("POST", ["console", "keys"]) => {
            let made = make(control, provider, call);
            Answer::html(200, page(control, provider, Some(&made)))
        }
        ("POST", ["console", "keys", id, "revoke"]) => {
            control.revoke_key(provider, id);
            Answer::html(303, String::new()).with("location", "/console")
        }
        _ => Answer::html(404, page(control, provider, None)),
    }
    .with("cache-control", "no-store")
}

fn make(control: &Control, provider: Provider, call: &Call) -> MadeKey {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let field =
        |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).unwrap_or_default();
    let kind = if field("kind") == "admin" { KeyKind::Admin } else { KeyKind::Work };
    let account = match field("account") {
        "" => ACCOUNT,
        name => name,
    };
    let spec = KeySpec { name: field("name").to_owned(), kind, ..KeySpec::default() };
    control.make_key(provider, account, spec)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(control: &Control, provider: Provider, made: Option<&MadeKey>) -> String {
    let title = provider.title();
    let keys: String = control.keys(provider).iter().rev().map(row).collect();
    let list = match keys.is_empty() {
        true => "<p class=\"none\">No keys yet. Make the first one above.</p>".to_owned(),
        false => format!(
            "<table><thead><tr><th>Name</th><th>Key</th><th>Account</th><th>Kind</th><th>State</th><th></th></tr></thead>\
             <tbody>{keys}</tbody></table>"
        ),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} practice console</title><style>{STYLE}</style></head>\
         <body class=\"{provider}\"><header><strong>{title}</strong><span>Practice console: nothing here costs money</span>\
         </header><main><h1>API keys</h1>{shown}{form}<section><h2>Keys</h2>{list}</section></main></body></html>",
        shown = made.map(fresh).unwrap_or_default(),
        form = form(control, provider),
    )
}

fn fresh(made: &MadeKey) -> String {
    format!(
        "<section class=\"fresh\" role=\"status\"><h2>Your new key</h2><p>Copy it now. It is not shown again.</p>\
         <div class=\"copy\"><input id=\"text\" aria-label=\"New key\" readonly value=\"{}\">\
         <button type=\"button\" id=\"copy\">Copy</button></div></section>\
         <script>document.getElementById('copy').onclick=function(){{var t=document.getElementById('text');t.select();\
         if(navigator.clipboard){{navigator.clipboard.writeText(t.value)}}else{{document.execCommand('copy')}}\
         this.textContent='Copied'}}</script>",
        escaped(&made.text)
    )
}

fn form(control: &Control, provider: Provider) -> String {
    let accounts: String =
        control.accounts(provider).iter().map(|(_, name)| format!("<option value=\"{}\">", escaped(name))).collect();
    let kind = match provider {
        Provider::OpenAi | Provider::Anthropic => {
            "<label>Kind<select name=\"kind\"><option value=\"work\">Work key</option>\
             <option value=\"admin\">Admin key</option></select></label>"
        }
        _ => "",
    };
    format!(
        "<form method=\"post\" action=\"/console/keys\"><label>Name<input name=\"name\" maxlength=\"60\" \
         placeholder=\"For my agency\"></label><label>Account<input name=\"account\" list=\"accounts\" maxlength=\"60\" \
         value=\"{ACCOUNT}\"><datalist id=\"accounts\">{accounts}</datalist></label>{kind}\
         <button id=\"make\">Make a key</button></form>"
    )
}

fn row(key: &KeyState) -> String {
    let (word, act) = match key.state {
        KeyStanding::Live => ("live", true),
        KeyStanding::Revoked => ("revoked", false),
        KeyStanding::Expired => ("expired", true),
        KeyStanding::Disabled => ("disabled", true),
        KeyStanding::Leaked => ("blocked", true),
    };
    let button = match act {
        true => format!(
            "<form method=\"post\" action=\"/console/keys/{}/revoke\"><button class=\"quiet\">Revoke</button></form>",
            escaped(&key.id)
        ),
        false => String::new(),
    };
    let kind = if key.kind == KeyKind::Admin { "Admin" } else { "Work" };
    format!(
        "<tr class=\"{word}\"><td>{}</td><td><code>…{}</code></td><td>{}</td><td>{kind}</td><td>{word}</td><td>{button}</td></tr>",
        escaped(&key.name),
        escaped(&key.last_four),
        escaped(key.account.as_str())
    )
}

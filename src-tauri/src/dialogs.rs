//! Native dialogs and notifications. Their words are the window's own, from the same files.

use std::path::{Path, PathBuf};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use ownkey_app::fault::Fault;
use ownkey_app::host::{Confirmation, Notice, Saved, SavedText, Saving};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use tauri_plugin_notification::NotificationExt;

const EN: [&str; 2] = [include_str!("../../ui/locales/en/native.ftl"), include_str!("../../ui/locales/en/errors.ftl")];
const DE: [&str; 2] = [include_str!("../../ui/locales/de/native.ftl"), include_str!("../../ui/locales/de/errors.ftl")];

/// The sentences of a language, with values put in.
struct Words(FluentBundle<FluentResource>);

impl Words {
    fn new(language: &str) -> Self {
        let (files, tag) = if language == "de" { (DE, "de") } else { (EN, "en") };
        let mut bundle = FluentBundle::new(vec![tag.parse().unwrap_or_default()]);
        bundle.set_use_isolating(false);
        for file in files {
            let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(resource, _)| resource);
            let _first_wins = bundle.add_resource(resource);
        }
        Self(bundle)
    }

    fn say(&self, id: &str, fields: &[(&str, String)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in fields {
            arguments.set(*name, value.as_str());
        }
        let pattern = self.0.get_message(id).and_then(|m| m.value());
        let mut errors = Vec::new();
        pattern.map(|p| self.0.format_pattern(p, Some(&arguments), &mut errors).into_owned()).unwrap_or_default()
    }
}

/// Asks, and waits for the person.
pub(crate) async fn confirm(app: &AppHandle, question: &Confirmation) -> bool {
    let (told, answer) = tokio::sync::oneshot::channel();
    ask(app, question, told);
    answer.await.unwrap_or(false)
}

fn ask(app: &AppHandle, question: &Confirmation, told: tokio::sync::oneshot::Sender<bool>) {
    let words = Words::new(&question.language);
    let title = words.say(&format!("native-{}-title", question.about), &question.fields);
    let body = words.say(&format!("native-{}-body", question.about), &question.fields);
    let buttons =
        MessageDialogButtons::OkCancelCustom(words.say("native-confirm", &[]), words.say("native-cancel", &[]));
    app.dialog().message(body).title(title).kind(MessageDialogKind::Warning).buttons(buttons).show(move |yes| {
        let _nobody_waits = told.send(yes);
    });
}

/// Tells through the system. Where it cannot be told so, the window says it all the same.
pub(crate) fn notify(app: &AppHandle, notice: &Notice) {
    let words = Words::new(&notice.language);
    let title = words.say(&format!("notice-{}-title", notice.about), &notice.fields);
    let body = words.say(&format!("notice-{}-body", notice.about), &notice.fields);
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        tracing::info!(%error, "the system shows no notifications");
    }
}

/// Asks where a text is to be saved, and saves it there.
pub(crate) async fn save(app: &AppHandle, saving: Saving) -> Saved {
    let (told, chosen) = tokio::sync::oneshot::channel();
    let (kind, end) = match saving.text {
        SavedText::Sentences(_) => ("Text", "txt"),
        SavedText::Table(_) => ("CSV", "csv"),
    };
    let dialog = app.dialog().file().set_file_name(&saving.file).add_filter(kind, &[end]);
    dialog.save_file(move |place| {
        let _nobody_waits = told.send(place);
    });
    match chosen.await.ok().flatten().map(tauri_plugin_dialog::FilePath::into_path) {
        None => Saved::Declined,
        Some(Ok(place)) => write(&place, &saving),
        Some(Err(_)) => Saved::Failed,
    }
}

/// Asks for a table to read.
pub(crate) async fn choose(app: &AppHandle) -> Option<PathBuf> {
    let (told, chosen) = tokio::sync::oneshot::channel();
    app.dialog().file().add_filter("CSV", &["csv", "tsv", "txt"]).pick_file(move |place| {
        let _nobody_waits = told.send(place);
    });
    chosen.await.ok().flatten()?.into_path().ok()
}

/// Writes a text in its language.
pub(crate) fn write(place: &Path, saving: &Saving) -> Saved {
    match std::fs::write(place, text(saving)) {
        Ok(()) => Saved::Written,
        Err(error) => {
            tracing::warn!(kind = ?error.kind(), "a report could not be saved");
            Saved::Failed
        }
    }
}

fn text(saving: &Saving) -> String {
    let words = Words::new(&saving.language);
    match &saving.text {
        SavedText::Sentences(lines) => lines.iter().map(|line| words.say(line.id, &line.fields) + "\n").collect(),
        SavedText::Table(text) => text.clone(),
    }
}

/// The app cannot start at all: says why in a native dialog, since there is no window to say it in, and ends once it was
/// read.
pub(crate) fn cannot_start(app: &AppHandle, fault: &Fault) {
    let (_, body) = why(fault);
    let ending = app.clone();
    app.dialog().message(body).title("Ownkey").kind(MessageDialogKind::Error).show(move |_| ending.exit(1));
}

/// The local data cannot be read: says so, and offers to set it aside and begin anew.
pub(crate) fn offer_to_begin_anew(app: &AppHandle, fault: &Fault, folder: PathBuf) {
    let (words, body) = why(fault);
    let buttons =
        MessageDialogButtons::OkCancelCustom(words.say("native-begin-anew", &[]), words.say("native-cancel", &[]));
    let ending = app.clone();
    app.dialog().message(body).title("Ownkey").kind(MessageDialogKind::Error).buttons(buttons).show(
        move |yes| match yes.then(|| ownkey_app::set_aside(&folder)) {
            Some(Ok(_kept)) => ending.request_restart(),
            Some(Err(fault)) => cannot_start(&ending, &fault),
            None => ending.exit(1),
        },
    );
}

fn why(fault: &Fault) -> (Words, String) {
    let told = fault.told();
    let language = std::env::var("LANG").unwrap_or_default();
    let words = Words::new(if language.starts_with("de") { "de" } else { "en" });
    let sentence = |part| words.say(&format!("{}-{part}", fault.code), &[]);
    let reference = words.say("native-reference", &[("ref", told.r#ref)]);
    let body = [sentence("what"), sentence("works"), sentence("todo"), reference].join("\n\n");
    (words, body)
}

#[cfg(test)]
mod tests {
    use ownkey_app::host::Sentence;

    use super::*;

    #[test]
    fn a_report_has_its_words_in_every_language() {
        for (language, says) in [("en", "refused by OpenAI at 14:03:11"), ("de", "von OpenAI abgelehnt um 14:03:11")] {
            let fields = [("last", "1a2B"), ("version", "3"), ("provider", "OpenAI"), ("at", "14:03:11")];
            let fields = fields.map(|(name, value)| (name, value.to_owned()));
            let lines = vec![Sentence::new("native-report-refused", fields), Sentence::new("native-report-ids", [])];
            let text = SavedText::Sentences(lines);
            let saving = Saving { file: "report.txt".to_owned(), text, language: language.to_owned() };
            let text = super::text(&saving);
            assert!(text.contains(says) && text.contains("••••1a2B") && text.lines().count() == 2, "{text}");
        }
    }
}

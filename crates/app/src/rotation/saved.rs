//! The report of a rotation as a file: what a person files away, or sends to whoever asked for it.
//!
//! Here is what is said; the words are the host's, in the person's language, as in every native dialog.

use ownkey_protocol::code::Code;
use ownkey_rotation::Stage;

use super::Kept;
use crate::App;
use crate::connect::parse;
use crate::fault::Fault;
use crate::host::{Host, Saved, SavedText, Saving, Sentence};
use crate::wire::VersionCallView;

/// The most pages of calls that a report lists.
const MOST_PAGES: usize = 20;

impl<H: Host> App<H> {
    /// Saves the report of a rotation that is over, where the person says in a native dialog.
    ///
    /// # Errors
    /// `not_found`; `act_refused` while it is not over; `declined`; `disk_full` when the file cannot be written.
    pub async fn rotation_save(&self, connection: String) -> Result<(), Fault> {
        let kept = self.kept_rotation(parse(&connection)?)?;
        if kept.ended.is_none() {
            return Err(Fault::new(Code::ActRefused, "the rotation is not over"));
        }
        let mut lines = self.report_lines(&kept)?;
        if let (true, Some(old)) = (kept.plan().leaked, kept.plan().old) {
            self.lines_of_calls(&connection, old, &mut lines).await;
        }
        let day: String = kept.started.to_string().chars().take(10).collect();
        let file = format!("ownkey-{}-{day}.txt", kept.provider);
        match self.host.save(Saving { file, text: SavedText::Sentences(lines), language: self.language() }).await {
            Saved::Written => Ok(()),
            Saved::Declined => Err(Fault::new(Code::Declined, "no place was chosen")),
            Saved::Failed => Err(Fault::new(Code::DiskFull, "the report could not be written there")),
        }
    }

    fn report_lines(&self, kept: &Kept) -> Result<Vec<Sentence>, Fault> {
        let (id, plan) = (kept.connection(), kept.plan());
        let name = self.state().and_then(|state| state.connections().get(&id).map(|known| known.name_hash));
        let provider = || ("provider", kept.provider.display_name().to_owned());
        let ended = kept.ended.map(|at| at.to_string()).unwrap_or_default();
        let done = !kept.rotation.goes_back();
        let mut lines = vec![
            Sentence::new(
                "native-report-head",
                [provider(), ("name", name.map(|hash| self.name_of(hash)).unwrap_or_default())],
            ),
            Sentence::new(
                if plan.leaked { "native-report-leaked" } else { "native-report-ordinary" },
                [("began", kept.started.to_string()), ("ended", ended)],
            ),
        ];
        if let Some(old) = plan.old {
            let last = ("last", self.store.hint(&id.to_string(), old)?.unwrap_or_else(|| "????".to_owned()));
            let version = ("version", old.to_string());
            lines.push(match kept.rotation.reached(Stage::Verified) {
                Some(at) => Sentence::new("native-report-refused", [last, version, provider(), ("at", at.to_string())]),
                None if done || plan.leaked => Sentence::new("native-report-unproven", [last, version]),
                None => Sentence::new("native-report-old-stays", [last, version]),
            });
        }
        if let Some(key) = kept.key.as_ref().filter(|_| done) {
            let (last, version) = (("last", key.last_four.clone()), ("version", plan.new.to_string()));
            lines.push(Sentence::new("native-report-new", [last, version]));
        }
        lines.push(match kept.calls {
            Some(calls) => Sentence::new(
                "native-report-calls",
                [("all", calls.all.to_string()), ("failed", calls.failed.to_string())],
            ),
            None => Sentence::new("native-report-calls-untold", []),
        });
        lines.push(Sentence::new(
            "native-report-ids",
            [("connection", id.to_string()), ("rotation", kept.id.to_string())],
        ));
        Ok(lines)
    }

    /// Each call on the leaked key; without the agency, that they are not known now.
    async fn lines_of_calls(&self, connection: &str, old: u32, lines: &mut Vec<Sentence>) {
        let mut before = None;
        for number in 0..MOST_PAGES {
            let page = match self.version_calls(connection.to_owned(), old, before.take()).await {
                Ok(page) => page,
                Err(fault) => {
                    tracing::info!(%fault, "the calls on a leaked key are not known for its report");
                    return lines.push(Sentence::new("native-report-list-untold", []));
                }
            };
            if number == 0 {
                let fields = [("version", old.to_string()), ("all", page.all.to_string()), ("from", page.from)];
                lines.push(Sentence::new("native-report-list", fields));
                lines.push(Sentence::new("native-report-cost", [("cost", dollars(Some(page.cost_micro)))]));
            }
            lines.extend(page.calls.into_iter().map(line_of_call));
            match page.next {
                Some(next) => before = Some(next),
                None => return,
            }
        }
        lines.push(Sentence::new("native-report-list-more", []));
    }
}

fn line_of_call(call: VersionCallView) -> Sentence {
    let fields = [
        ("at", call.at),
        ("assistant", if call.assistant.is_empty() { "?".to_owned() } else { call.assistant }),
        ("model", call.model.unwrap_or_else(|| "-".to_owned())),
        ("cost", dollars(call.cost_micro)),
        ("status", call.status.map_or_else(|| "-".to_owned(), |status| status.to_string())),
    ];
    Sentence::new("native-report-call", fields)
}

fn dollars(micro: Option<u64>) -> String {
    micro.map_or_else(|| "?".to_owned(), |micro| format!("{}.{:06} USD", micro / 1_000_000, micro % 1_000_000))
}

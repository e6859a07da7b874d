//! Where this copy of the app keeps its things. A practice build can be told other places by its environment, so that
//! it never meets an installed Ownkey.

use std::path::PathBuf;

use ownkey_app::Setup;
use ownkey_providers::endpoints::Endpoints;

/// Names and places.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) keychain_service: String,
    pub(crate) single_instance: bool,
    #[cfg(feature = "practice")]
    pub(crate) practice: Option<practice::Practice>,
}

impl Place {
    fn installed() -> Self {
        Self {
            name: "Ownkey".to_owned(),
            keychain_service: "app.ownkey.desktop".to_owned(),
            single_instance: true,
            #[cfg(feature = "practice")]
            practice: None,
        }
    }

    /// An invitation that this copy was started with: as an argument, as systems without a running copy hand over links.
    pub(crate) fn join_link(&self) -> Option<String> {
        #[cfg(feature = "practice")]
        if let Some(link) = self.practice.as_ref().and_then(|p| p.join_link.clone()) {
            return Some(link);
        }
        std::env::args().nth(1).filter(|word| word.starts_with("ownkey://"))
    }

    /// The engine's setup; `data_dir` is where the system wants an installed app's data.
    #[cfg(not(feature = "practice"))]
    pub(crate) fn setup(&self, data_dir: PathBuf) -> Setup {
        Setup { data_dir, endpoints: Endpoints::default(), name: self.name.clone(), practice_keys: false }
    }

    /// The engine's setup; `data_dir` is where the system wants an installed app's data.
    #[cfg(feature = "practice")]
    pub(crate) fn setup(&self, data_dir: PathBuf) -> Setup {
        match &self.practice {
            Some(practice) => Setup {
                data_dir: practice.data_dir.clone(),
                endpoints: practice.endpoints(),
                name: self.name.clone(),
                practice_keys: practice.practice_keys,
            },
            None => Setup { data_dir, endpoints: Endpoints::default(), name: self.name.clone(), practice_keys: false },
        }
    }
}

/// The place of an installed app.
#[cfg(not(feature = "practice"))]
pub(crate) fn place() -> Place {
    Place::installed()
}

/// The place that the environment names (`OWNKEY_PRACTICE`, a JSON file), else that of an installed app.
#[cfg(feature = "practice")]
pub(crate) fn place() -> Place {
    match practice::Practice::from_environment() {
        Some(practice) => Place {
            name: "Ownkey (demo)".to_owned(),
            keychain_service: practice.keychain_service.clone(),
            single_instance: false,
            practice: Some(practice),
        },
        None => Place::installed(),
    }
}

/// Switches core files off and makes the process undumpable (design.md §3).
///
/// # Errors
/// When the system refuses.
#[cfg(target_os = "linux")]
pub(crate) fn harden() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Other systems write no core files unless told to.
#[cfg(not(target_os = "linux"))]
pub(crate) fn harden() -> std::io::Result<()> {
    Ok(())
}

#[cfg(feature = "practice")]
pub(crate) mod practice {
    //! Practice builds: simulated providers on loopback, and answers to native dialogs.

    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use ownkey_providers::endpoints::Endpoints;
    use serde::Deserialize;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What `OWNKEY_PRACTICE` says.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct Practice {
        pub(crate) data_dir: PathBuf,
        pub(crate) keychain_service: String,
        /// Origins of the simulated providers, loopback only.
        pub(crate) providers: BTreeMap<String, String>,
        #[serde(default)]
        pub(crate) practice_keys: bool,
        /// An invitation that is opened in the app at its start.
        #[serde(default)]
        pub(crate) join_link: Option<String>,
        /// Answers every native dialog: for journeys that do not click it.
        #[serde(default)]
        pub(crate) answer_dialogs: Option<bool>,
    }

    impl Practice {
        pub(crate) fn from_environment() -> Option<Self> {
            let file = std::env::var_os("OWNKEY_PRACTICE")?;
            let text = std::fs::read(file).ok()?;
            serde_json::from_slice(&text).ok()
        }

        /// Addresses that are not on loopback are not taken; the real provider stays.
        pub(crate) fn endpoints(&self) -> Endpoints {
            self.providers.iter().fold(Endpoints::default(), |endpoints, (provider, origin)| {
                let Ok(provider) = provider.parse() else { return endpoints };
                endpoints.clone().overridden(provider, origin).unwrap_or(endpoints)
            })
        }

        /// A practice key from the simulated provider's control.
        pub(crate) async fn make_key(&self, provider: &str, admin: bool) -> Option<String> {
            let origin = self.providers.get(provider)?.strip_prefix("http://")?;
            let kind = if admin { "admin" } else { "work" };
            let body = format!("{{\"account\":\"Practice account\",\"kind\":\"{kind}\"}}");
            let mut stream = tokio::net::TcpStream::connect(origin).await.ok()?;
            let request = format!(
                "POST /_sim/keys HTTP/1.1\r\nhost: {origin}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            let json = answer.split_once("\r\n\r\n")?.1;
            let start = json.find('{')?;
            let end = json.rfind('}')?;
            let value: serde_json::Value = serde_json::from_str(json.get(start..=end)?).ok()?;
            value["text"].as_str().map(str::to_owned)
        }
    }
}

//! The providers' own pages: where a person makes keys and buys credit.

use ownkey_protocol::vocabulary::Provider;
use url::Url;

use crate::endpoints::{Endpoints, loopback};

/// Hosts whose pages may be opened in the system's browser.
#[must_use]
pub const fn allowed_hosts() -> &'static [&'static str] {
    &[
        "platform.openai.com",
        "platform.claude.com",
        "aistudio.google.com",
        "console.cloud.google.com",
        "platform.stability.ai",
        "replicate.com",
    ]
}

/// Whether an address may be opened: `https` at one of [`allowed_hosts`], or a simulated provider's page on loopback.
#[must_use]
pub fn may_open(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    match url.scheme() {
        "https" => url.port().is_none() && url.host_str().is_some_and(|host| allowed_hosts().contains(&host)),
        "http" => loopback(&url) && url.path() == "/console",
        _ => false,
    }
}

/// The page where work keys are made and revoked.
#[must_use]
pub fn keys(endpoints: &Endpoints, provider: Provider) -> String {
    let real = match provider {
        Provider::OpenAi => "https://platform.openai.com/api-keys",
        Provider::Anthropic => "https://platform.claude.com/settings/keys",
        Provider::Gemini => "https://aistudio.google.com/apikey",
        Provider::Stability => "https://platform.stability.ai/account/keys",
        Provider::Replicate => "https://replicate.com/account/api-tokens",
    };
    page(endpoints, provider, real)
}

/// The page where admin keys are made; where a provider has none, the page of its work keys.
#[must_use]
pub fn admin_keys(endpoints: &Endpoints, provider: Provider) -> String {
    match provider {
        Provider::OpenAi => page(endpoints, provider, "https://platform.openai.com/settings/organization/admin-keys"),
        Provider::Anthropic => page(endpoints, provider, "https://platform.claude.com/settings/admin-keys"),
        _ => keys(endpoints, provider),
    }
}

/// The page where credit is bought.
#[must_use]
pub fn billing(endpoints: &Endpoints, provider: Provider) -> String {
    let real = match provider {
        Provider::OpenAi => "https://platform.openai.com/settings/organization/billing/overview",
        Provider::Anthropic => "https://platform.claude.com/settings/billing",
        Provider::Gemini => "https://aistudio.google.com/usage",
        Provider::Stability => "https://platform.stability.ai/account/credits",
        Provider::Replicate => "https://replicate.com/account/billing",
    };
    page(endpoints, provider, real)
}

fn page(endpoints: &Endpoints, provider: Provider, real: &str) -> String {
    if endpoints.is_overridden(provider) { format!("{}/console", endpoints.origin(provider)) } else { real.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_may_be_opened_real_or_simulated() {
        let real = Endpoints::default();
        for provider in Provider::ALL {
            let practice = real.clone().overridden(provider, "http://127.0.0.1:4001").unwrap();
            for page in [keys, admin_keys, billing] {
                assert!(may_open(&page(&real, provider)), "{}", page(&real, provider));
                assert_eq!(page(&practice, provider), "http://127.0.0.1:4001/console");
                assert!(may_open(&page(&practice, provider)));
            }
        }
    }

    #[test]
    fn other_addresses_are_not_opened() {
        for bad in [
            "https://platform.openai.com.evil.example/api-keys",
            "http://platform.openai.com/api-keys",
            "https://platform.openai.com:8443/",
            "https://x@platform.openai.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://127.0.0.1:1/other",
            "",
        ] {
            assert!(!may_open(bad), "{bad}");
        }
    }
}

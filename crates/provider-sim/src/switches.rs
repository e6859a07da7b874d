//! Facts that nobody has confirmed yet, each a switch, so that a test can run both ways.
//!
//! Set them with [`crate::Control::unconfirmed`] or `POST /_sim/unconfirmed {"name", "value"}`.

use crate::provider::Provider;

/// An unconfirmed fact and the answers it can give. The first choice is the default.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// The provider it is about.
    pub provider: Provider,
    /// The name to set it by.
    pub name: &'static str,
    /// The values it takes; the first one holds until another is set.
    pub choices: &'static [&'static str],
    /// What it decides.
    pub meaning: &'static str,
}

const fn switch(
    provider: Provider,
    name: &'static str,
    choices: &'static [&'static str],
    meaning: &'static str,
) -> Switch {
    Switch { provider, name, choices, meaning }
}

use Provider::{Anthropic, Gemini, OpenAi, Replicate, Stability};

/// All switches.
pub const SWITCHES: &[Switch] = &[
    switch(OpenAi, "expired_code", &["invalid_api_key", "expired_api_key"], "error.code of a 401 for an expired key"),
    switch(OpenAi, "models_missing_scope_status", &["403", "401"], "status of GET /v1/models without api.model.read"),
    switch(OpenAi, "missing_scope_code", &["null", "missing_scope"], "error.code where a scope is missing"),
    switch(
        OpenAi,
        "leaf_scope",
        &["needed", "not_needed"],
        "whether api.model.request alone, without the scope of the capability, is too little",
    ),
    switch(
        OpenAi,
        "parent_scope",
        &["needed", "not_needed"],
        "whether a capability's scope without api.model.request is too little",
    ),
    switch(
        OpenAi,
        "audio_scope_order",
        &["scope_first", "body_first"],
        "whether a transcription's body is judged before its scope",
    ),
    switch(OpenAi, "model_not_allowed", &["403", "404"], "status for a model that the project may not use"),
    switch(OpenAi, "admin_on_work_route", &["401", "403"], "status for an admin key on a work route"),
    switch(OpenAi, "work_on_admin_route", &["401", "403"], "status for a work key on an admin route"),
    switch(
        OpenAi,
        "no_credit_code",
        &[
            "credit_balance_exhausted",
            "insufficient_quota",
            "project_spend_limit_exceeded",
            "organization_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
        ],
        "error.code of the 429 of a drained account",
    ),
    switch(
        OpenAi,
        "delete_service_account_key",
        &["allowed", "refused"],
        "DELETE of a key that a service account owns: allowed (November 2026) or 400 (August 2026)",
    ),
    switch(
        OpenAi,
        "role_none_may_call",
        &["no", "yes"],
        "whether a key of a service account with role none may call models",
    ),
    switch(
        OpenAi,
        "list_hides_without_any",
        &["yes", "no"],
        "whether listing keys without owner_project_access=any leaves out keys of service accounts with role none",
    ),
    switch(
        OpenAi,
        "image_tokens_in_completions",
        &["yes", "no"],
        "whether usage/completions also has the tokens of GPT image models",
    ),
    switch(OpenAi, "json_image_edits", &["refused", "accepted"], "whether POST /v1/images/edits takes JSON"),
    switch(Anthropic, "disabled_status", &["401", "404"], "status for a disabled key"),
    switch(Anthropic, "address_status", &["401", "403"], "status for an address that is not on the list"),
    switch(Anthropic, "admin_on_work_route", &["401", "403"], "status for an admin key on a work route"),
    switch(Anthropic, "work_on_admin_route", &["401", "403"], "status for a work key on an admin route"),
    switch(
        Anthropic,
        "no_credit",
        &["credit_balance", "billing_error", "spend_limit", "tier_cap", "on_hold"],
        "how a drained account is refused: 400, 402, 400 with the limit's message, 429, or a disabled organisation",
    ),
    switch(
        Anthropic,
        "count_tokens_shows_credit",
        &["no", "yes"],
        "whether count_tokens of a drained account is refused too",
    ),
    switch(
        Anthropic,
        "origin_header",
        &["allowed", "forbidden"],
        "whether the organisation forbids calls with an Origin header (401)",
    ),
    switch(
        Anthropic,
        "analytics",
        &["served", "404", "400"],
        "whether the organisation has the analytics beta; else how it is refused",
    ),
    switch(Anthropic, "archived_reversible", &["no", "yes"], "whether an archived key can be made active again"),
    switch(
        Gemini,
        "standard_keys",
        &["accepted", "refused"],
        "whether AIza keys work at all (their end was announced for September 2026)",
    ),
    switch(
        Gemini,
        "unrestricted_standard_keys",
        &["refused", "accepted"],
        "AIza keys without restriction: refused since June 2026",
    ),
    switch(Gemini, "api", &["enabled", "disabled"], "whether the API is enabled on the project"),
    switch(
        Gemini,
        "count_tokens_needs_role",
        &["yes", "no"],
        "whether countTokens needs the service account's role as generateContent does",
    ),
    switch(Gemini, "bad_key_message", &["not_valid", "not_found"], "which of two messages a bad AIza key gets"),
    switch(Stability, "bad_key_body", &["unauthorized", "message_only"], "the two bodies seen for a bad key on v1"),
    switch(
        Stability,
        "filtered",
        &["200", "403"],
        "a filtered picture: 200 with CONTENT_FILTERED, or 403 content_moderation",
    ),
    switch(Stability, "creative_status", &["202", "200"], "status of a started creative upscale"),
    switch(Replicate, "created_without_wait", &["201", "202"], "status of a prediction that nobody waits for"),
    switch(
        Replicate,
        "bad_token_on_predictions",
        &["401", "422"],
        "status for a bad token with a bad version on POST /v1/predictions",
    ),
];

/// The known name and value, as the table holds them.
pub(crate) fn choice(provider: Provider, name: &str, value: &str) -> Option<(&'static str, &'static str)> {
    let found = SWITCHES.iter().find(|one| one.provider == provider && one.name == name)?;
    let value = found.choices.iter().find(|one| **one == value)?;
    Some((found.name, value))
}

/// What holds until it is set.
pub(crate) fn default_of(provider: Provider, name: &str) -> &'static str {
    SWITCHES
        .iter()
        .find(|one| one.provider == provider && one.name == name)
        .and_then(|one| one.choices.first())
        .copied()
        .unwrap_or_default()
}

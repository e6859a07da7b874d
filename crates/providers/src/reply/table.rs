//! The closed table: what each provider's refusal means for the key it was sent with (providers.md §2). The first row that
//! fits holds. Each row carries an example of the body, so that tests and the suite `fallback` go through all of them.

use ownkey_protocol::vocabulary::{Provider, VerdictCode as V};

use super::Reply;

/// Where a row looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The machine's word: OpenAI's `code` (or `type` where there is none), Anthropic's `details.error_code`, Gemini's
    /// `reason`, Stability's `name`.
    Code,
    /// The kind of error: `type`.
    Kind,
    /// The sentence for people begins like this, in any case.
    Begins,
    /// The sentence for people contains this, in any case.
    Says,
    /// The status alone decides.
    Nothing,
}

/// One row.
#[derive(Debug)]
pub struct Row {
    /// Whose answer.
    pub provider: Provider,
    /// With one of these statuses.
    pub(super) statuses: &'static [u16],
    pub(super) place: Place,
    pub(super) any_of: &'static [&'static str],
    /// What it means.
    pub reply: Reply,
    /// A body of this kind, as JSON.
    pub example: &'static str,
}

impl Row {
    /// The status that goes with the example.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.statuses[0]
    }
}

const fn row(
    provider: Provider,
    statuses: &'static [u16],
    place: Place,
    any_of: &'static [&'static str],
    reply: Reply,
    example: &'static str,
) -> Row {
    Row { provider, statuses, place, any_of, reply, example }
}

use Place::{Begins, Code, Kind, Nothing, Says};
use Provider::{Anthropic, Gemini, OpenAi, Replicate, Stability};
use Reply::{Dead, Drained, Other, Permission, Rate};

/// The table.
pub static TABLE: &[Row] = &[
    row(
        OpenAi,
        &[429],
        Code,
        &["credit_balance_exhausted", "insufficient_quota"],
        Drained(V::NoCredit),
        r#"{"error":{"message":"You have no credits left.","type":"insufficient_quota","param":null,"code":"credit_balance_exhausted"}}"#,
    ),
    row(
        OpenAi,
        &[429],
        Code,
        &["project_spend_limit_exceeded", "organization_spend_limit_exceeded", "organization_usage_limit_exceeded"],
        Drained(V::SpendLimit),
        r#"{"error":{"message":"The project reached its spend limit.","type":"insufficient_quota","param":null,"code":"project_spend_limit_exceeded"}}"#,
    ),
    row(
        OpenAi,
        &[429],
        Kind,
        &["insufficient_quota"],
        Drained(V::NoCredit),
        r#"{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":"billing_hard_limit"}}"#,
    ),
    row(
        OpenAi,
        &[429],
        Nothing,
        &[],
        Rate,
        r#"{"error":{"message":"Rate limit reached.","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
    ),
    row(
        OpenAi,
        &[401, 403],
        Says,
        &["missing scopes"],
        Permission(V::ScopeMissing),
        r#"{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: api.model.images.request.","type":"invalid_request_error","param":null,"code":null}}"#,
    ),
    row(
        OpenAi,
        &[401, 403],
        Code,
        &["missing_scope"],
        Permission(V::ScopeMissing),
        r#"{"error":{"message":"Not allowed.","type":"invalid_request_error","param":null,"code":"missing_scope"}}"#,
    ),
    row(
        OpenAi,
        &[401, 403],
        Code,
        &["ip_not_authorized"],
        Permission(V::AddressNotAllowed),
        r#"{"error":{"message":"Your IP is not authorized to make this request.","type":"ip_not_authorized","param":null,"code":"ip_not_authorized"}}"#,
    ),
    row(
        OpenAi,
        &[401],
        Code,
        &["mismatched_organization", "mismatched_project"],
        Permission(V::OtherOrganisation),
        r#"{"error":{"message":"OpenAI-Organization header should match organization for API key","type":"invalid_request_error","param":null,"code":"mismatched_organization"}}"#,
    ),
    row(
        OpenAi,
        &[401],
        Code,
        &["expired_api_key"],
        Dead(V::KeyExpired),
        r#"{"error":{"message":"Not accepted.","type":"invalid_request_error","param":null,"code":"expired_api_key"}}"#,
    ),
    row(
        OpenAi,
        &[401],
        Says,
        &["expired"],
        Dead(V::KeyExpired),
        r#"{"error":{"message":"Your API key has expired.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
    ),
    row(
        OpenAi,
        &[401],
        Code,
        &["account_deactivated"],
        Dead(V::AccountDisabled),
        r#"{"error":{"message":"Your account was deactivated.","type":"invalid_request_error","param":null,"code":"account_deactivated"}}"#,
    ),
    row(
        OpenAi,
        &[401],
        Nothing,
        &[],
        Dead(V::KeyRefused),
        r#"{"error":{"message":"Incorrect API key provided: sk-...abcd.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
    ),
    row(
        OpenAi,
        &[403],
        Code,
        &["unsupported_country_region_territory"],
        Permission(V::RegionUnsupported),
        r#"{"error":{"message":"Country, region, or territory not supported","type":"request_forbidden","param":null,"code":"unsupported_country_region_territory"}}"#,
    ),
    row(
        OpenAi,
        &[403, 404],
        Code,
        &["model_not_found"],
        Permission(V::ModelMissing),
        r#"{"error":{"message":"The model does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
    ),
    row(
        OpenAi,
        &[403],
        Nothing,
        &[],
        Permission(V::ScopeMissing),
        r#"{"error":{"message":"Forbidden.","type":"invalid_request_error","param":null,"code":null}}"#,
    ),
    row(
        Anthropic,
        &[400],
        Begins,
        &["your credit balance is too low"],
        Drained(V::NoCredit),
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
    ),
    row(
        Anthropic,
        &[400],
        Begins,
        &[
            "you have reached your specified api usage limits",
            "you have reached your specified workspace api usage limits",
            "you have reached your workspace api usage limits",
        ],
        Drained(V::SpendLimit),
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}}"#,
    ),
    row(
        Anthropic,
        &[400],
        Says,
        &["organization has been disabled"],
        Dead(V::AccountDisabled),
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"This organization has been disabled."}}"#,
    ),
    row(
        Anthropic,
        &[400, 403],
        Code,
        &["organization_on_hold"],
        Dead(V::AccountDisabled),
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Held.","details":{"error_code":"organization_on_hold"}}}"#,
    ),
    row(
        Anthropic,
        &[401],
        Begins,
        &["cors requests are not allowed"],
        Permission(V::ScopeMissing),
        r#"{"type":"error","error":{"type":"authentication_error","message":"CORS requests are not allowed for this Organization"}}"#,
    ),
    row(
        Anthropic,
        &[401],
        Says,
        &["expired"],
        Dead(V::KeyExpired),
        r#"{"type":"error","error":{"type":"authentication_error","message":"This API key has expired."}}"#,
    ),
    row(
        Anthropic,
        &[401],
        Nothing,
        &[],
        Dead(V::KeyRefused),
        r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
    ),
    row(
        Anthropic,
        &[402],
        Code,
        &["linked_organization_spend_limit_reached"],
        Drained(V::SpendLimit),
        r#"{"type":"error","error":{"type":"billing_error","message":"Limit.","details":{"error_code":"linked_organization_spend_limit_reached"}}}"#,
    ),
    row(
        Anthropic,
        &[402],
        Nothing,
        &[],
        Drained(V::NoCredit),
        r#"{"type":"error","error":{"type":"billing_error","message":"Billing.","details":{"error_code":"linked_organization_billing_unavailable"}}}"#,
    ),
    row(
        Anthropic,
        &[403],
        Nothing,
        &[],
        Permission(V::ScopeMissing),
        r#"{"type":"error","error":{"type":"permission_error","message":"Your API key does not have permission."}}"#,
    ),
    row(
        Anthropic,
        &[429],
        Code,
        &["enforced_spend_limit_reached", "contract_spend_limit_reached"],
        Drained(V::SpendLimit),
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Limit.","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
    ),
    row(
        Anthropic,
        &[429],
        Nothing,
        &[],
        Rate,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down."}}"#,
    ),
    row(
        Gemini,
        &[400, 401, 403],
        Says,
        &["api key expired", "key has expired"],
        Dead(V::KeyExpired),
        r#"{"error":{"code":400,"message":"API key expired. Please renew the API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
    ),
    row(
        Gemini,
        &[400, 401, 403],
        Code,
        &["API_KEY_EXPIRED"],
        Dead(V::KeyExpired),
        r#"{"error":{"code":400,"message":"Renew it.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_EXPIRED"}]}}"#,
    ),
    row(
        Gemini,
        &[400],
        Code,
        &["API_KEY_INVALID"],
        Dead(V::KeyRefused),
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
    ),
    row(
        Gemini,
        &[400],
        Begins,
        &["api key not valid", "api key not found"],
        Dead(V::KeyRefused),
        r#"{"error":{"code":400,"message":"API Key not found. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#,
    ),
    row(
        Gemini,
        &[400],
        Says,
        &["user location is not supported"],
        Permission(V::RegionUnsupported),
        r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#,
    ),
    row(
        Gemini,
        &[401],
        Code,
        &["ACCESS_TOKEN_TYPE_UNSUPPORTED"],
        Dead(V::KindRetired),
        r#"{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED","details":[{"reason":"ACCESS_TOKEN_TYPE_UNSUPPORTED"}]}}"#,
    ),
    row(
        Gemini,
        &[401],
        Nothing,
        &[],
        Dead(V::KeyRefused),
        r#"{"error":{"code":401,"message":"Not authenticated.","status":"UNAUTHENTICATED"}}"#,
    ),
    row(
        Gemini,
        &[402],
        Nothing,
        &[],
        Drained(V::NoCredit),
        r#"{"error":{"code":402,"message":"Your prepaid credit is used up.","status":"RESOURCE_EXHAUSTED"}}"#,
    ),
    row(
        Gemini,
        &[403],
        Says,
        &["reported as leaked"],
        Dead(V::KeyLeaked),
        r#"{"error":{"code":403,"message":"Your API key was reported as leaked. Please use another API key.","status":"PERMISSION_DENIED"}}"#,
    ),
    row(
        Gemini,
        &[403],
        Code,
        &["API_KEY_SERVICE_BLOCKED"],
        Permission(V::ScopeMissing),
        r#"{"error":{"code":403,"message":"Blocked.","status":"PERMISSION_DENIED","details":[{"reason":"API_KEY_SERVICE_BLOCKED"}]}}"#,
    ),
    row(
        Gemini,
        &[403],
        Code,
        &[
            "API_KEY_IP_ADDRESS_BLOCKED",
            "API_KEY_HTTP_REFERRER_BLOCKED",
            "API_KEY_IOS_APP_BLOCKED",
            "API_KEY_ANDROID_APP_BLOCKED",
        ],
        Permission(V::AddressNotAllowed),
        r#"{"error":{"code":403,"message":"Blocked.","status":"PERMISSION_DENIED","details":[{"reason":"API_KEY_IP_ADDRESS_BLOCKED"}]}}"#,
    ),
    row(
        Gemini,
        &[403],
        Code,
        &["SERVICE_DISABLED"],
        Permission(V::ApiDisabled),
        r#"{"error":{"code":403,"message":"Not enabled.","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}"#,
    ),
    row(
        Gemini,
        &[403],
        Nothing,
        &[],
        Permission(V::ScopeMissing),
        r#"{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}"#,
    ),
    row(
        Gemini,
        &[429],
        Nothing,
        &[],
        Rate,
        r#"{"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED"}}"#,
    ),
    row(
        Stability,
        &[401],
        Nothing,
        &[],
        Dead(V::KeyRefused),
        r#"{"id":"1","name":"unauthorized","message":"missing authorization header"}"#,
    ),
    row(
        Stability,
        &[402],
        Nothing,
        &[],
        Drained(V::NoCredit),
        r#"{"id":"1","name":"payment_required","errors":["You lack sufficient credits to make this request."]}"#,
    ),
    row(
        Stability,
        &[403],
        Code,
        &["content_moderation"],
        Other,
        r#"{"id":"1","name":"content_moderation","errors":["Your request was flagged."]}"#,
    ),
    row(
        Stability,
        &[403],
        Nothing,
        &[],
        Permission(V::ScopeMissing),
        r#"{"id":"1","name":"permission_denied","message":"You are not permitted."}"#,
    ),
    row(
        Stability,
        &[429],
        Nothing,
        &[],
        Rate,
        r#"{"id":"1","name":"rate_limit_exceeded","errors":["You have exceeded the rate limit."]}"#,
    ),
    row(
        Replicate,
        &[401],
        Nothing,
        &[],
        Dead(V::KeyRefused),
        r#"{"title":"Unauthenticated","detail":"You did not pass a valid authentication token","status":401}"#,
    ),
    row(
        Replicate,
        &[402],
        Nothing,
        &[],
        Drained(V::NoCredit),
        r#"{"title":"Insufficient credit","detail":"You have insufficient credit to run this model.","status":402}"#,
    ),
    row(
        Replicate,
        &[403],
        Nothing,
        &[],
        Permission(V::ScopeMissing),
        r#"{"title":"Forbidden","detail":"Not allowed.","status":403}"#,
    ),
    row(
        Replicate,
        &[429],
        Nothing,
        &[],
        Rate,
        r#"{"detail":"Request was throttled. Your rate limit resets in ~30s."}"#,
    ),
];

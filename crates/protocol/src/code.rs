//! The closed list of error codes, one for every way in which something can go wrong that a person may meet.
//!
//! A code travels in problem documents (RFC 9457) and over the window's IPC. For each, `ui/locales` has three
//! sentences (what happened, what still works, what to do) and at most one button; a check fails when one is missing.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $text:literal, $status:literal; )+) => {
        /// Why something was refused or did not work. See the module's text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Code {
            $( $(#[doc = $doc])+ #[serde(rename = $text)] $variant, )+
        }

        impl Code {
            /// Every code, in the order of this file.
            pub const ALL: &'static [Code] = &[$( Code::$variant, )+];

            /// The spelling on the wire and in the locale files.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Code::$variant => $text, )+ }
            }

            /// The HTTP status with which the agency says it.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $( Code::$variant => $status, )+ }
            }
        }
    };
}

codes! {
    /// Something that was not foreseen; only its reference is shown.
    Unforeseen = "unforeseen", 500;
    /// The request or act is not in the agreed form.
    Malformed = "malformed", 400;
    /// The thing asked for does not exist, or is not this client's: the answer does not tell which.
    NotFound = "not_found", 404;
    /// The request's signature is missing, wrong, replayed, or of a device that is not (any more) enrolled.
    NotSigned = "not_signed", 401;
    /// The request's time is more than 60 seconds away from the agency's clock.
    ClockSkew = "clock_skew", 401;
    /// The device was revoked or its member removed.
    DeviceRevoked = "device_revoked", 401;
    /// The role does not allow this.
    NotAllowed = "not_allowed", 403;
    /// The thing has moved since the person looked at it.
    Stale = "stale", 409;
    /// The same act id with other bytes.
    ActConflict = "act_conflict", 409;
    /// The act's view of the record is not a part of the record: a split or rewritten record.
    RecordSplit = "record_split", 409;
    /// The law does not allow this act in this state.
    ActRefused = "act_refused", 409;
    /// There must always be an owner.
    LastOwner = "last_owner", 409;
    /// The client has ended its agreement with the agency.
    ClientEnded = "client_ended", 409;
    /// The sealed copy does not belong where it was found, or cannot be opened.
    SealRefused = "seal_refused", 422;
    /// The key belongs to another account than the connection.
    OtherAccount = "other_account", 409;
    /// A rotation has this connection now, or the one that this act belongs to has it no more.
    RotationRuns = "rotation_runs", 409;
    /// Too many requests from this address.
    SlowDown = "slow_down", 429;
    /// The body is larger than allowed.
    TooLarge = "too_large", 413;

    /// The invite code is not known, or was mistyped.
    InviteUnknown = "invite_unknown", 404;
    /// The invite was used before.
    InviteUsed = "invite_used", 409;
    /// The invite has run out.
    InviteExpired = "invite_expired", 410;
    /// The text is not a join link.
    LinkMalformed = "link_malformed", 400;
    /// A join link with `http:` that does not lead to this computer.
    LinkUnsafe = "link_unsafe", 400;

    /// The agency could not be reached.
    AgencyUnreachable = "agency_unreachable", 503;
    /// The agency's certificate is not trusted.
    AgencyUntrusted = "agency_untrusted", 495;
    /// The agency's identity key is not the one that this computer knows.
    AgencyIdentityChanged = "agency_identity_changed", 409;
    /// The agency showed an older key set than one seen before.
    KeysetRolledBack = "keyset_rolled_back", 409;
    /// The agency's key set has expired: nothing new is sealed to it.
    KeysetExpired = "keyset_expired", 409;
    /// The agency's answer is not in the agreed form.
    AgencyAnswer = "agency_answer", 502;
    /// The agency's record is not what its checkpoint or an earlier one says.
    RecordAlarm = "record_alarm", 409;
    /// A statement of the agency (receipt, checkpoint) does not verify.
    ReceiptRefused = "receipt_refused", 422;
    /// The agency offers no platform account for this use.
    PlatformNotOffered = "platform_not_offered", 409;

    /// The clipboard has no text.
    ClipboardEmpty = "clipboard_empty", 400;
    /// The clipboard's text is over 64 KB.
    ClipboardTooLarge = "clipboard_too_large", 413;
    /// The clipboard could not be read.
    ClipboardUnreadable = "clipboard_unreadable", 500;
    /// The clipboard's text is not a key.
    NotAKey = "not_a_key", 400;
    /// The text holds several keys.
    SeveralKeys = "several_keys", 400;
    /// The key is of another provider than the one that was chosen.
    OtherProvidersKey = "other_providers_key", 400;
    /// An admin key where a work key belongs.
    AdminKeyPasted = "admin_key_pasted", 400;
    /// A work key where an admin key belongs.
    WorkKeyPasted = "work_key_pasted", 400;
    /// Keys of this shape belong to more than one provider: the person is asked.
    AmbiguousKey = "ambiguous_key", 400;
    /// This very key is connected already.
    SameKey = "same_key", 409;
    /// The provider refuses the key.
    KeyRefused = "key_refused", 409;
    /// The provider could not be reached.
    ProviderUnreachable = "provider_unreachable", 503;
    /// The provider answered in a way that was not understood.
    ProviderAnswer = "provider_answer", 502;
    /// The provider refused to delete a key.
    DeletionRefused = "deletion_refused", 409;
    /// The provider still accepts a key that was to be revoked there.
    StillAccepted = "still_accepted", 409;
    /// From here the provider does not tell whether a key was revoked there.
    NotProvableHere = "not_provable_here", 409;
    /// The admin key lacks the right to do this at the provider.
    AdminKeyWeak = "admin_key_weak", 403;
    /// A file is no table that is known; the fields say which columns it lacks.
    FileUnknown = "file_unknown", 400;
    /// A line of a file cannot be read; the fields say which, and which column.
    FileLine = "file_line", 400;
    /// A file's amounts are in a currency in which nothing can be compared.
    FileCurrency = "file_currency", 400;
    /// A file could not be read to its end, is no text, or tells too much apart.
    FileUnreadable = "file_unreadable", 400;
    /// The file is of another provider than the account.
    OtherProvidersFile = "other_providers_file", 400;
    /// The file is about several keys, none of which is known to be the account's.
    FileKeys = "file_keys", 409;
    /// The secret of this connection is on another computer.
    KeyElsewhere = "key_elsewhere", 409;

    /// No keychain is installed or running.
    KeychainNone = "keychain_none", 503;
    /// The keychain is locked.
    KeychainLocked = "keychain_locked", 503;
    /// The person, or the system, declined the keychain's question.
    KeychainDismissed = "keychain_dismissed", 503;
    /// An item that was kept in the keychain is gone.
    KeychainItemVanished = "keychain_item_vanished", 410;
    /// The keychain does not answer.
    KeychainTimeout = "keychain_timeout", 504;
    /// The disk is full or cannot be written.
    DiskFull = "disk_full", 507;
    /// The local database was written by a newer version of the app.
    DatabaseNewer = "database_newer", 409;
    /// The local database cannot be read.
    DatabaseBroken = "database_broken", 500;
    /// The app runs already with this data folder.
    AlreadyRunning = "already_running", 409;
    /// No browser could be opened.
    NoBrowser = "no_browser", 501;
    /// The system does not start the app by itself.
    NoAutostart = "no_autostart", 501;
    /// The person declined the confirmation.
    Declined = "declined", 409;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_travels_as_its_text() {
        for code in Code::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), *code);
        }
    }
}

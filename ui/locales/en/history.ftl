### History: one sentence for each act. Variables come from the record; see locales/README.md.

history-what = Every change stands here, signed by whoever made it. Nothing can be taken out or altered without this computer noticing.
record-verified = Verified to entry { $size },
record-unverified = Not verified yet
record-alarmed = The record does not add up
history-group = Show
history-all = Everything
history-group-keys = Keys
history-group-uses = Uses and who pays
history-group-people = People and devices
history-group-agency = The agency
history-connection = Account
history-all-accounts = All accounts
history-more = Show older entries
history-reading = Reading the record…
history-empty-title = Nothing has happened yet
history-empty = Each connection, switch and invitation will stand here with its time, its person and its device.
history-none = No such entry
history-none-more = No entry fits what you chose above.
history-show-all = Show everything
entry-index = Entry
entry-logged = Logged
entry-claimed = Said to be
entry-claimed-why = by the clock of whoever did it
entry-hash = Fingerprint
entry-statement = The signed statement
actor-device = somebody in your company
actor-operator = somebody at the agency
actor-gateway = the agency’s server

act-unknown = A change of the kind “{ $type }”
act-client-open = Opened the record of { $name }
act-client-end = Ended the agreement with { $name }
act-member-invite = Invited { $name } as { $role }
act-member-change = Changed the role of { $name } to { $role }
act-member-remove = Removed { $name } with all devices
act-device-enrol = Enrolled the computer “{ $name }”
act-device-revoke = Revoked the computer “{ $name }”
act-device-rename = Renamed a computer to “{ $name }”
act-device-leave = The computer “{ $name }” left
act-connection-open = Began to connect { $provider }{ $called }
act-connection-rename = Renamed the { $provider } account to “{ $name }”
act-connection-owner = Said that “{ $owner }” looks after the { $provider } account{ $called }
act-connection-schedule =
    { $schedule ->
        [every] Set that the { $provider } key{ $called } is replaced every { $count } days
        [by] Set that the { $provider } key{ $called } is replaced by { $expires }
       *[none] Set that the { $provider } key{ $called } is replaced as was agreed for all
    }
act-connection-close = Closed the { $provider } account{ $called }
act-version-push = Sent version { $version } of the { $provider } key, sealed{ $called }
act-version-confirmed = Opened version { $version } of the { $provider } key, and it works{ $called }
act-version-refused = Could not use version { $version } of the { $provider } key{ $called }: { $code }
act-version-promote = Put version { $version } of the { $provider } key to use for { $uses }{ $called }
act-version-retire = Retired version { $version } of the { $provider } key{ $called }: { $reason }
act-version-revoked = Proved that version { $version } of the { $provider } key is dead{ $called }
act-version-dead = { $provider } refuses version { $version } of the key{ $called }: { $code }
act-version-alive = { $provider } accepts version { $version } of the key again{ $called }
act-version-proven = Version { $version } of the { $provider } key was proven by a call or a check{ $called }
act-version-drained = No call runs on version { $version } of the { $provider } key any more{ $called }
act-trial-start = Began to try version { $version } of the { $provider } key on “{ $assistant }”
act-trial-end = Ended the trial of version { $version } of the { $provider } key
act-rotation-lease = Reserved the { $provider } account{ $called } for replacing its key
act-rotation-end =
    { $outcome ->
        [abandoned] Gave up replacing the { $provider } key{ $called }; the old one stays in use
        [handed_over] Left replacing the { $provider } key{ $called } to another computer
       *[done] Finished replacing the { $provider } key{ $called }
    }
act-assignment-set = Chose who pays for { $use }: { $payer }
act-model-pick = Picked a model for { $use }: { $model }
act-fallback-limit =
    { $stop ->
        [false] Went back to the agency’s setting for { $use } when a key fails
       *[true] Chose that calls for { $use } stop when a key fails
    }
act-fallback-set = Set what happens to { $use } when a key fails: { $fallback }
act-fallback-began = The agency began to pay for { $use } because the { $provider } key failed
act-fallback-ended = The agency stopped paying for { $use }: the { $provider } key works again
act-check-request = Asked the agency to check version { $version } of the { $provider } key{ $called }
act-copy-deleted = Deleted the sealed copy of version { $version } of the { $provider } key{ $called }
act-assistant-add = Added the assistant “{ $name }” for { $uses }
act-assistant-mark_low_stakes =
    { $low_stakes ->
        [false] Said that new keys are no longer tried on “{ $name }”
       *[true] Said that new keys may be tried on “{ $name }”
    }
act-assistant-token = Gave the assistant “{ $name }” a new token
act-assistant-remove = Removed the assistant “{ $name }”
act-assistant-token_end = Set when a token of the assistant “{ $name }” ends
act-pause-set = Paused calls: { $about }
act-pause-clear = Let calls go on: { $about }
act-limit-set = Set or took away a limit for { $about }
act-statement-send = Sent the bill of the { $provider } account{ $called } for a month to the agency
act-budget-reached = The budget of the month was spent: { $about }
act-platform-offer =
    { $offered ->
        [false] Took back the offer to pay for { $use }
       *[true] Offered to pay for { $use } on the agency’s account
    }
act-agreement-propose =
    { $schedule ->
        [every] Proposed that every key is replaced every { $count } days
        [by] Proposed that every key is replaced by { $expires }
       *[none] Proposed that keys are no longer replaced on a schedule
    }
act-agreement-accept =
    { $schedule ->
        [every] Agreed that every key is replaced every { $count } days
        [by] Agreed that every key is replaced by { $expires }
       *[none] Agreed that keys are no longer replaced on a schedule
    }
act-agreement-decline = Turned down what the agency proposed for replacing keys
act-models-allow = Set which models are allowed for { $use }

reason-replaced = replaced by a newer one
reason-unwanted = no longer wanted
reason-leaked = seen where it should not be
reason-discarded = the connection was discarded

## When the record does not tell
missing-name = name not known
missing-provider = the provider
missing-version = ?
missing-use = a use
missing-uses = its uses
missing-role = another role
missing-payer = not told
missing-reason = no reason told
missing-code = no reason told
missing-model = the assistant decides
missing-fallback = not told
missing-assistant = an assistant
missing-about = everything
missing-count = several
missing-minutes = several
missing-expires = later
missing-offered = true
missing-low_stakes = true
missing-stop = true
missing-outcome = done
missing-owner = somebody
missing-schedule = none
missing-line = ?
missing-column = ?
missing-columns = its columns
missing-currency = another currency
missing-from = another provider
missing-called = { "" }
called = { " " }(“{ $name }”)

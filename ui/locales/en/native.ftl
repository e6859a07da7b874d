### Dialogs of the system. Rust shows them; nothing on the page can press their buttons.

native-revoke-title = Revoke this key?
native-revoke-body =
    The { $provider } key of “{ $name }” stops working for: { $uses }.
    No new call starts on it at once; running answers end within a minute. Then the key is revoked at { $provider }, or you are led there. This cannot be undone.
native-discard-title = Discard this connection?
native-discard-body =
    The { $provider } key is deleted from this computer, and its sealed copy, if one was sent, is retired at the agency.
    If Ownkey made the key, it is revoked at { $provider } too. If you made it yourself, delete it there.
native-leave-behind-title = Go on, and leave it at { $provider }?
native-leave-behind-body =
    Ownkey could not take back what it made at { $provider }: the service account “{ $name }” in the project “{ $project }”, with its key.
    It stays there until you delete it on the page of { $provider }. Everything else is cleaned up.
native-remove-member-title = Remove this person?
native-remove-member-body =
    { $name } and all devices of { $name } lose access at once. The keys that were brought on them stay connected.
    To come back, { $name } needs a new invitation.
native-revoke-device-title = Revoke this device?
native-revoke-device-body =
    “{ $name }” loses access at once and cannot be enrolled again without a new invitation.
    If it was lost or stolen, replace the keys that were brought on it as well.
native-begin-anew = Set aside and begin anew
native-confirm = Yes, do it
native-cancel = Cancel
native-reference = Reference: { $ref }

native-leaked-title = Is the { $provider } key in the wrong hands?
native-leaked-body = The old key of { $name } is taken out of use at once: calls that run on it now are cut, and new ones run again with the new key. Until then, what was agreed for a failing key applies.

### Notifications of the system.

notice-due-soon-title = A key is to be replaced soon
notice-due-soon-body = The { $provider } key of “{ $name }” is to be replaced by { $date }. Open Ownkey, and press Replace.
notice-due-title = A key is to be replaced now
notice-due-body = The { $provider } key of “{ $name }” was to be replaced by { $date }. It still works. Open Ownkey, and press Replace.
notice-bill-reached-title = A month has reached your amount
notice-bill-reached-body = { $provider }, “{ $name }”: this month has come to { $figure }. You wanted to be told at { $amount }.
notice-bill-unusual-title = A day out of the usual
notice-bill-unusual-body = { $provider }, “{ $name }”: { $date } has come to { $amount }, where such a day usually costs { $usual }. Open Ownkey, and look under Bills.
notice-replaced-title = A key was replaced
notice-replaced-body = The { $provider } key was due. The new one is in use, and { $provider } refuses the old one.
notice-replace-stuck-title = A key could not be replaced
notice-replace-stuck-body = The { $provider } key was due, and its replacement stands still. Calls go on. Open Ownkey to see what it needs.

native-report-head = Ownkey: the key of { $name } at { $provider }
native-report-ordinary = Replaced. Began { $began }, over { $ended }.
native-report-leaked = Replaced because it may have leaked. Began { $began }, over { $ended }.
native-report-refused = Old key ••••{ $last } (version { $version }): refused by { $provider } at { $at }.
native-report-unproven = Old key ••••{ $last } (version { $version }): retired, but not proven dead at the provider.
native-report-old-stays = The key was not replaced. Old key ••••{ $last } (version { $version }): in use as before.
native-report-new = New key ••••{ $last }: in use as version { $version }.
native-report-calls = Calls meanwhile: { $all }, of them failed: { $failed }.
native-report-calls-untold = The agency has not said how many calls ran meanwhile.
native-report-ids = Connection { $connection }, replacement { $rotation }. All times are UTC.
native-report-list = Calls on version { $version } since { $from }: { $all }, by the agency's book. Whatever else the provider lists was made by somebody else.
native-report-cost = Known cost by list prices: { $cost }.
native-report-call = { $at }  { $assistant }  { $model }  { $cost }  { $status }
native-report-list-more = There are older calls, which are not listed here.
native-report-list-untold = The list of calls could not be had from the agency when this was saved.

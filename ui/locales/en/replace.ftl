### Replace: a new key takes the place of the old one.

replace-title = Replace the key of { $provider }
replace-leaked = This key may have leaked…
replace-leaked-what = If somebody else may have the key, calls on it are stopped at once. Your system asks you to confirm first.
replace-leaked-runs = This key is being replaced already, and the old one is revoked at the end. If it has leaked, say so: then it is stopped and revoked at once, and the new one goes on. Your system asks you to confirm first.
replace-leaked-badge = may have leaked
replace-row = Being replaced: step { $step } of { $of }
replace-row-done = Replaced.
replace-row-abandoned = Not replaced.
replace-look = Look
replace-look-name = Look at the replacement of the { $provider } key
replace-kept = Every step is kept. You can leave this page or close the window and come back.
replace-leave = Back to Keys
replace-finish = Done

replace-runs-old = Calls are running on version { $version }.
replace-runs-both = New calls are running on version { $next }. Calls that began on version { $version } end there.
replace-runs-new = Calls are running on version { $version }.
replace-runs-none = No new calls start on this account until version { $next } is in use.
replace-runs-nothing = No new calls start on this account.
replace-runs-none-uses = Until then:
replace-runs-none-use = { $use }: { $fallback }

## The seven steps

replace-step-made = New key made
replace-step-kept = Kept in the keychain of this computer
replace-step-checked = Checked: it can do what the old one can
replace-step-sent = Sealed and sent
replace-step-confirmed = Confirmed by { $agency }
replace-step-in_use = In use, and a call has worked
replace-step-old_revoked = Old key revoked, and refused by { $provider }
replace-step-no-old = No old key left
replace-mark-done = done
replace-mark-now = now
replace-mark-you = waits for you
replace-mark-still = stands still
replace-mark-back = stopped
replace-mark-later = not yet
replace-mark-never = not done

## Something is being done

replace-doing-made = A new key is being made at { $provider }.
replace-doing-kept = The new key is being put into the keychain of this computer.
replace-doing-checked = The new key is being checked against the old one.
replace-doing-sent = The new key is being sealed and sent.
replace-doing-confirmed = { $agency } opens the sealed copy and tries the key.
replace-doing-in_use = Calls are being switched to the new key.
replace-doing-old_revoked = The old key is being revoked at { $provider }.
replace-going-usually = Usually a few seconds. You need not wait here; it goes on by itself.

## Waiting

replace-wait-new_key = Make a new key at { $provider } and bring it here.
replace-create-openai = Open the project that the old key is in, and create a secret key there with restricted permissions: models to read, and requests for { $uses }.
replace-create-anthropic = Open the workspace that the old key is in, and create an API key there named “Ownkey”. It is for { $uses }.
replace-create-gemini = Create an API key in the project that the old key is in, limited to the Gemini API. It is for { $uses }.
replace-create-stability = Create another API key in the same account. It is for { $uses }.
replace-create-replicate = Create another API token in the same account. It is for { $uses }.
replace-same-account = A key of another account is not taken: replacing changes the key, never who pays.
replace-same-account-is = The account is
replace-try-head = When this key is replaced
replace-try = Try it with one assistant first
replace-try-what = { $name } runs on the new key before the others do. They follow once a call has worked. This stays so when the key is replaced again.
replace-try-which = With which
replace-try-all = Use it for all now
replace-leave-old = Leave the old key as it is. This page says when to revoke it:
replace-leave-old-itself = Leave the old key as it is. Once the new one works, Ownkey switches it off itself:
replace-watch = Watch the clipboard for the new key
replace-watch-what = Ownkey looks once a second and takes only a key of { $provider }. It stops when it has one, when you leave this page, and after ten minutes.
replace-watch-until = Watching until
replace-admin = Let Ownkey end the old key itself
replace-admin-what = With an admin key of { $provider } on this computer, Ownkey switches the old key off as soon as nothing runs on it any more, and you need not delete it there. The admin key stays in the keychain of this computer until you forget it in Settings. { $agency } never gets it.

replace-wait-old_revoked = Revoke the old key at { $provider }.
replace-wait-old_revoked-more = No call runs on it any more. After this, a call with the old key proves that { $provider } refuses it.
replace-wait-old_revoked-leaked = Do this now: until it is revoked, whoever has the key can use it. After this, a call with it proves that { $provider } refuses it.
replace-wait-new_revoked = Revoke the new key at { $provider }.
replace-wait-new_revoked-more = It is not used, so nothing stops. What runs now runs on.
replace-revoke-which = On { $provider }’s key page, delete the key that ends in
replace-revoke-version = On { $provider }’s key page, delete the key that was version { $version }. This computer does not know its last four characters.
replace-revoke-not-new = Do not delete the new one:
replace-it-is-revoked = It is revoked

replace-wait-confirmation = Waiting until { $agency } confirms the new key.
replace-wait-confirmation-more = { $agency } opens the sealed copy and tries the key from its own network. Nothing runs on it before that.
replace-wait-confirmation-until = { $agency } is asked again:
replace-wait-trial = One assistant tries the new key.
replace-wait-trial-more = The old key serves all the others. Once a call has worked, all calls are switched. If none comes, { $agency } tries the key itself.
replace-wait-trial-until = { $agency } tries it itself:
replace-wait-proof = Waiting for the first call on the new key.
replace-wait-proof-more = The old key is kept until a call on the new one has worked. If none comes, { $agency } tries it itself.
replace-wait-proof-until = { $agency } tries it itself:
replace-wait-draining = Calls that began on the old key are ending.
replace-wait-draining-more = New calls no longer use it. When the last one has ended, the old key is retired.
replace-wait-draining-until = Retired at the latest:
replace-wait-cutting = The old key is retired, and a few calls still run on it.
replace-wait-cutting-more = Those that have not ended by then are cut off. Then the key is revoked.
replace-wait-cutting-until = Cut off:
replace-wait-still_accepted = { $provider } still accepts the old key.
replace-wait-still_accepted-more = That can last a few minutes after a key was deleted. It is asked again by itself until it refuses.
replace-wait-still_accepted-until = Asked again:
replace-wait-quiet = Waiting whether anything else still uses the old key.
replace-wait-quiet-more = The new key is in use. If nothing has used the old one by then, it is revoked.
replace-wait-quiet-until = Looked at again:
replace-wait-retry = Something did not work.
replace-wait-retry-more = This usually passes. It is tried again by itself; you need do nothing.
replace-wait-retry-until = Next try:

## Standing still: what happened, what still works, what to do

replace-why-weaker = The new key can do less than the old one, so it is not used.
replace-todo-weaker = Bring a key that can do all of it, or use this one if you can do without.
replace-todo-weaker-only = Use it if you can do without. Else stop replacing; then it is taken back.
replace-why-other_account = The new key belongs to another account at { $provider }.
replace-todo-other_account = Connect this one as an account of its own; the old key then stays. To replace the old key, stop here and begin again with a key of the same account.
replace-why-key_refused = { $provider } does not accept the new key.
replace-todo-key_refused = Make sure that the whole key was copied and that it was not deleted. Then bring another one.
replace-why-agency_refused = { $agency } says that the new key does not work.
replace-todo-agency_refused = A key that is limited to certain internet addresses must allow those of { $agency }. Mend that, or begin again with another key.
replace-why-not_confirmed = { $agency } has not said whether the new key works.
replace-todo-not_confirmed = Try again. If it stays, ask { $agency } whether its server runs.
replace-why-not_proven = No call on the new key has succeeded yet.
replace-todo-not_proven = The old key is not revoked before one has. Try again; if it stays, ask { $agency }.
replace-why-sent_back = Somebody put the old key back into use.
replace-todo-sent_back = Look in the history who it was and why, then decide.
replace-why-still_accepted = { $provider } still accepts the old key.
replace-todo-still_accepted = Look at { $provider } whether the old key is really deleted, then try again.
replace-why-still_used = Something else still uses the old key.
replace-todo-still_used = { $provider } saw it in use after the last call that { $agency } made with it. Find out what it is: another program, a script, an automation. Give it a key of its own. Then wait and look again, revoke the old key all the same, or leave it as it is.
replace-why-unseen = { $provider } has not seen the new key in use yet.
replace-todo-unseen = { $agency } says that calls on it work, but { $provider } does not show them. Look there whether the new key is used, then revoke the old one.
replace-why-unproven = No computer here has the old key any more, so nothing can prove that it is dead.
replace-todo-unproven = Look at { $provider } whether it is deleted. A computer that still has it can prove it; then try again.
replace-why-admin_refused = { $provider } does not accept the admin key on this computer any more.
replace-todo-admin_refused = Go on by hand: this page says step by step what to do at { $provider }.
replace-why-key_lost = The new key is no longer in the keychain of this computer.
replace-todo-key_lost = It cannot be read back from anywhere, so it will be revoked.
replace-why-other_device = Another computer of your company is replacing this key.
replace-todo-other_device = Let it finish there, then try again.
replace-why-number_taken = Another key was sent in the meantime, so this one cannot take its number.
replace-todo-number_taken = Look at the versions of this account under Keys, then decide.
replace-why-refused = { $agency } or { $provider } refused this step.
replace-todo-refused = Try again. If it is refused once more, ask { $agency }.
replace-why-unanswered = This waits for something that you do at { $provider }.
replace-todo-unanswered = Go on when you have time for it; you will see what to do.
replace-why-provider_unreachable = { $provider } cannot be reached, or asks to slow down.
replace-todo-provider_unreachable = Check whether this computer is online, then try again.
replace-why-agency_unreachable = { $agency } cannot be reached, or asks to slow down.
replace-todo-agency_unreachable = Check whether this computer is online, then try again.
replace-why-no_answer = No answer came, so it is not known whether this step was done.
replace-todo-no_answer = Try again. What was done already is found and not done twice.
replace-why-keychain_locked = The keychain of this computer is locked.
replace-todo-keychain_locked = Unlock it, then try again.
replace-why-disk_full = The disk of this computer is full.
replace-todo-disk_full = Make room on it, then try again.
replace-works-old = The old key goes on serving all calls.
replace-works-both = Calls work: new ones on the new key, earlier ones on the old.
replace-works-new = Calls work on the new key.
replace-works-none = The old key is out of use. Your other accounts work as before.
replace-next-try_again = Try again
replace-next-use_anyway = Use it all the same
replace-next-paste_another = Bring another key
replace-next-new_connection = Connect it as a new account
replace-next-go_by_hand = Go on by hand
replace-next-revoke_anyway = Revoke the old key all the same
replace-listen = Wait an hour and look again
replace-leave-it = Leave the old key as it is
replace-next-cancel = Take the new key back
replace-lacks-other_account = It belongs to another account.
replace-lacks-fewer_models = These models are missing: { $names }
replace-lacks-use_missing = It cannot serve: { $use }
replace-lacks-scope_missing = This permission is missing: { $names }
replace-lacks-no_credit = There is no money behind it.
replace-lacks-untold = not named

## Stopping

replace-stop = Stop replacing…
replace-stop-title = Stop replacing this key?
replace-stop-old = The old key stays in use. No call is lost.
replace-stop-old-leaked = The old key is revoked at { $provider } even so, because it may have leaked.
replace-stop-retires = { $agency } retires its sealed copy of the new key.
replace-stop-revokes = Ownkey revokes the new key at { $provider }, if there is one.
replace-stop-by-hand = If you made a new key at { $provider }, you are asked to delete it there.
replace-stop-forgets = The new key is deleted from this computer.
replace-stop-nothing = Nothing has been made yet, so nothing is left behind.
replace-stop-yes = Stop replacing
replace-stop-no = Go on replacing
replace-going-back = The new key is being taken back.
replace-going-back-more = What was made is revoked and deleted. You need not wait here; it goes on by itself.
replace-abandoned = The key was not replaced.
replace-abandoned-more = The old key is in use as before.
replace-abandoned-leaked = Because it may have leaked, the old key is no longer used. Connect the account with a new key to use it again.

## The report

replace-done = The key of { $provider } is replaced.
replace-save = Save report…
replace-saved = The report is saved.
replace-report-old = Old key
replace-report-new = New key
replace-report-refused = refused by { $provider } at
replace-report-unproven = retired, but not proven dead at the provider
replace-report-in-use = in use as version { $version }
replace-report-calls = { $all ->
    [one] 1 call
   *[other] { $all } calls
} meanwhile, { $failed } failed
replace-report-calls-untold = The agency has not said how many calls ran meanwhile.
replace-report-began = Began
replace-report-ended = over

## The calls on a key that may have leaked

version-calls = Calls on version { $version } in the last 30 days
version-calls-why = These were made by your assistants. Whatever else the provider lists for this key was made by somebody else.
version-calls-none = The agency has no calls on this key in the last 30 days.
version-calls-sum = { $all ->
    [one] 1 call
   *[other] { NUMBER($all) } calls
}, { $cost } by list prices.
version-calls-unpriced = { $count ->
    [one] Of 1 call the cost is not known.
   *[other] Of { NUMBER($count) } calls the cost is not known.
}
version-calls-asking = Asking the agency for the calls. Usually a second.
version-calls-not-now = The list of calls comes from the agency, and it cannot be had now. The key is replaced all the same.
version-calls-when = When
version-calls-who = Assistant
version-calls-spent = Spent
version-calls-cost = Cost
version-calls-end = Outcome
version-calls-nameless = An assistant that is gone
version-calls-costless = not known
version-calls-unknown = Its end is not known
version-calls-well = answered
version-calls-more = Show older calls
version-calls-shown = { NUMBER($shown) } of { NUMBER($all) } are shown.
spent-untold = not told
spent-input = { NUMBER($count) } tokens in
spent-cached_input = { NUMBER($count) } cached tokens in
spent-cache_write = { NUMBER($count) } tokens cached
spent-cache_write_hour = { NUMBER($count) } tokens cached for an hour
spent-audio_in = { NUMBER($count) } audio tokens in
spent-image_in = { NUMBER($count) } picture tokens in
spent-output = { NUMBER($count) } tokens out
spent-reasoning = { NUMBER($count) } tokens of reasoning
spent-audio_out = { NUMBER($count) } audio tokens out
spent-image_out = { NUMBER($count) } picture tokens out
spent-images = { $count ->
    [one] 1 picture
   *[other] { NUMBER($count) } pictures
}
spent-seconds_ms = { NUMBER($count) } ms of audio
spent-predict_ms = { NUMBER($count) } ms of computing
spent-credits_milli = { NUMBER($count) } thousandths of a credit

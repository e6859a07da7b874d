### Words that every room uses.

app-name = Ownkey
opening = Opening…
start-failed = Ownkey could not open
quit = Quit
back = Back
cancel = Cancel
close = Close
continue = Continue
save = Save
since = since
details = Details
the-agency = your agency
you = you
rooms = Rooms
room-keys = Keys
room-bills = Bills
room-history = History
room-settings = Settings
refresh = Ask the agency for news
fresh-online = Up to date
fresh-offline = Offline
offline-notice = The agency cannot be reached.
offline-as-of = You see the copy on this computer. Last contact:
banner-simulated = Simulated providers.
banner-simulated-why = No real account is used and nothing costs money.

## Providers, uses, roles

provider-openai = OpenAI
provider-anthropic = Anthropic
provider-gemini = Google Gemini
provider-stability = Stability AI
provider-replicate = Replicate
use-chat = Chat
use-images = Images
use-voice = Voice
use-chat-what = Assistants that read and write text
use-images-what = Assistants that make pictures
use-voice-what = Assistants that listen to speech
role-owner = Owner
role-member = Member
role-viewer = Viewer
role-owner-may = may do everything, people and devices too
role-member-may = may connect, check, replace and revoke keys
role-viewer-may = may look at everything and change nothing

## Needs you

needs-you = Needs you
need-alarm = The agency’s record does not add up. Nothing is sent until you have read why.
need-alarm-button = Read
need-key_dead_platform_pays = { $provider } refuses the key for { $use }. The agency pays for these calls until you replace it.
need-key_dead_platform_pays-button = Replace the key
need-key_dead_stopped = { $provider } refuses the key for { $use }. These calls are stopped until you replace it.
need-key_dead_stopped-button = Replace the key
need-draft_waits = The connection to { $provider } is not finished.
need-draft_waits-button = Go on
need-rotation_waits = The key at { $provider } is being replaced, and the next step waits for you.
need-rotation_waits-button = Look
need-key_due = The { $provider } key for { $use } was to be replaced by { $date }. It still works.
need-key_due-button = Replace the key
need-key_due_soon = The { $provider } key for { $use } is to be replaced by { $date }.
need-key_due_soon-button = Replace the key
need-agreement_waits = Your agency proposes when keys are to be replaced.
need-agreement_waits-button = Look
need-revoke_unproven = A key at { $provider } was retired here, but { $provider } may still accept it.
need-revoke_unproven-button = Finish revoking
need-fallback_runs = The agency pays for { $use } at the moment, because a key at { $provider } failed.
need-fallback_runs-button = Stop these calls
need-budget_stops = The budget of this month for { $what } is spent. These calls are refused until it is raised or the month is over.
need-budget_stops-button = Look at limits
need-budget_reached = The budget of this month for { $what } is spent. These calls go on.
need-budget_reached-button = Look at limits
need-bill_reached = { $account } has cost as much this month as you wanted to be told at.
need-bill_reached-button = Look at the bill
need-paused = Calls are paused: { $what }.
need-paused-button = Go on
need-keychain_fault = The keychain of this computer cannot be used, so keys cannot be kept or read.
need-keychain_fault-button = Try again
need-clock_wrong = The clock of this computer is wrong by more than five minutes. Set it, then try again.
need-clock_wrong-button = Try again

## Failures

failure-reference = Reference
failure-contact = Help from the agency: { $contact }
report-copy = Copy report
report-copied = Report copied
report-what = The report holds the program’s version, the reference and technical steps. It holds no keys and is safe to send.
address-copy = Copy address
address-copied = Address copied

## Keys and calls

key-ends-in = key that ends in
key-unknown = key not on this computer
version-short = version { $version }
version-long = Version { $version }
paid-by-own = paid by you
paid-by-platform = paid by the agency
call-failed = failed with { $status }
checked = Checked
check-running = Checking now…
check-never = Not checked from this computer
check-by-here = Checked from this computer,
check-by-agency = Checked by the agency,
stage-pending = sent, not confirmed
stage-ready = confirmed
stage-current = in use
stage-previous = the one before
stage-retired = retired
health-unknown = not tried yet
health-works = works
health-dead = refused by the provider
at-provider-live = still accepted
at-provider-revoked = proven dead at the provider
at-provider-unproven = the provider may still accept it

## Work that takes a moment

busy-keeping = Putting the key into the keychain of this computer.
busy-keeping-usually = Usually a second. Your system may ask you to unlock the keychain.
busy-making = Making a key at the provider.
busy-making-usually = Usually ten seconds.
busy-checking = Asking the provider five questions.
busy-checking-usually = Usually five seconds. It costs nothing.
busy-sending = Sealing the key and sending the sealed copy.
busy-sending-usually = Usually a second.
busy-waiting_for_receipt = The agency opens the copy and tries it from its own network.
busy-waiting_for_receipt-usually = Usually ten seconds. You may close the window; it goes on.
busy-switching = Switching calls over.
busy-switching-usually = Usually a second.
busy-discarding = Cleaning up: the copy here, the copy at the agency, and the key if Ownkey made it.
busy-discarding-usually = Usually five seconds.

## Holding calls back

pause = Pause
pause-name = Pause { $name }
go-on = Go on
go-on-name = Let { $name } go on
paused-since = paused,
pause-said = { $name } is paused.
pause-over-said = { $name } goes on.
fallback-tightened-sentence = You chose that these calls stop if the key stops working.
fallback-tighten = Stop them instead
fallback-loosen = Go back to what { $agency } set

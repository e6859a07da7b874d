### Connect: one pane from the provider to the first call.

choose-title = Connect an account
choose-title-for = Connect an account for { $use }
choose-lead = One account at one provider. You will make a key there, or let Ownkey make it, and decide what it is used for.
choose-provider = Provider
choose-uses = What is the { $provider } account for?
choose-only-use = the one use that this provider serves
choose-first = Choose a provider.
choose-one-use = Choose at least one use.
choose-next = Next: who makes the key.

connect-of = Connect { $provider }
connect-later = Go on later
connect-discard = Discard…
connect-kept = Every step is kept. You can close the window and go on where you were.

steps = Steps
step-how = How
step-key = Key
step-check = Check
step-review = Review
step-confirm = Confirm
step-try = Try
step-use = Use
step-done = Done
step-how-title = Who makes the key?
step-key-title = Make a key and bring it here
step-check-title = Does the key work?
step-review-title = What the agency gets
step-confirm-title = The agency confirms
step-try-title = Try it on one assistant first
step-use-title = Use it for all
step-done-title = { $provider } is in use
step-past = done
step-of = Step { $step } of { $of }: { $name }
step-next = Next: { $name }
step-said = Step { $step } of { $of }: { $name }.

## How

how-lead = A key lets the assistants use your { $provider } account. It can be made in two ways.
how-lead-by-hand = A key lets the assistants use your { $provider } account. { $provider } lets only people make keys, so you make it there and bring it here.
how-by-hand = I make it at { $provider }
how-by-hand-more = We say what to create; you copy the key and press a button here.
how-made-for-me = Make it for me
how-made-for-me-more = With an admin key of { $provider }, Ownkey makes a key that can do only what is needed. The admin key never leaves this computer.

## Key

create-openai = Create a project named “{ $agency }”, and in it a secret key with restricted permissions: models to read, and requests for { $uses }.
limits-openai = Give the project a monthly budget. The key can then never spend more, whatever happens.
create-anthropic = Create a workspace named “{ $agency }”, and in it an API key named “Ownkey”.
limits-anthropic = Give the workspace a monthly spend limit: keys there have no permissions of their own, so the limit is what bounds them.
create-gemini = Create an API key in a project of its own named “{ $agency }”, limited to the Gemini API.
limits-gemini = Set a budget for that project in Google Cloud. A key without any limit is refused by Google.
create-stability = Create an API key named “{ $agency }”.
limits-stability = Keys there have no limits: the credits that you buy in advance are the most that can be spent.
create-replicate = Create an API token named “{ $agency }”.
limits-replicate = Tokens there have no limits: the credit that you buy in advance is the most that can be spent.
create-admin-openai = Create an admin key named “Ownkey”, valid for one day if the page offers it.
limits-admin-openai = Only an owner of the OpenAI organisation can. It is used once, on this computer, and then forgotten.
addresses-title = Good practice: limit the key to the agency’s addresses
addresses-why = { $agency } calls the provider from these internet addresses only. A key limited to them fails the check on this computer by design; the agency then checks it.
addresses-copy = Copy addresses
addresses-copied = Addresses copied
paste-sentence = Copy the key there, come back, and press this button.
paste-admin-sentence = Copy the admin key there, come back, and press this button.
paste-key = Paste key
paste-admin-key = Paste admin key
paste-why = There is no field to type it into, on purpose: Ownkey reads the clipboard itself, puts the key into the keychain, and then clears the clipboard. If your system keeps a clipboard history, delete it there too.
paste-whose = Keys that look like this one exist at more than one provider. Did you copy it at { $provider }? It is sent nowhere until you say so.
paste-sure = Yes, it is a key of { $provider }
paste-have = Kept: { $kind }
practice-key = Copy a practice key
practice-admin-key = Copy a practice admin key
make-ready = The admin key is here:
make-kept = An admin key is kept on this computer.
make-what = Ownkey makes a project for { $agency } and in it a key that can do only what you chose.
make-keep = Keep the admin key on this computer
make-keep-more = For replacing the key with one click later. It stays in the keychain here and is never sent to the agency.
make-key = Make the key
make-other = Paste another admin key
making-project = A project of its own
making-service_account = A service account in it
making-first_key_deleted = The account’s first key, which could do everything, deleted
making-scoped_key = A key that can do only what is needed
making-other = One more step at the provider
making-done = done
making-open = still to do

## Check

key-kept-here = kept on this computer
key-kind-key = key
key-kind-api-key = API key
key-kind-project-key = project key
key-kind-user-key = personal key
key-kind-legacy-key = personal key of the older kind
key-kind-service-account-key = service account key
key-kind-scoped-key = key with limited permissions
key-kind-workspace-key = workspace key
key-kind-standard-key = standard key
key-kind-auth-key = authorisation key
key-kind-token = API token
key-kind-api-token = API token
key-kind-admin-key = admin key
check-again = Check again
check-stops = This key cannot be used, so nothing is sent.
other-key = Bring another key
check-unreached = The provider could not be asked, so nothing is known about the key yet. It is kept; check again later.
open-billing = Open the billing page
models-title = Which model?
models-why = These are the models that your account offers. Pick one per use, or leave it to the assistant.
model-none = No fitting model is offered
consent = Send it all the same
consent-more = I have read what will not work.
consent-agency = Send it, and let the agency check
consent-agency-more = The key works only from the agency’s addresses, so this computer cannot tell more.
to-review = See what will be sent
to-review-agency = Send and let the agency check

## Review

gets-title = { $agency } gets
gets-not-title = { $agency } does not get
gets-sealed = a sealed copy of this one { $provider } key, as version { $version }
gets-uses = the right to use it for: { $uses }
gets-who = your name, { $name }, and the time, in the shared history
gets-not-plain = the key in plain text: not by e-mail, not on a form, not in a log
gets-not-login = your { $provider } login, password or billing details
gets-not-admin = the admin key: it stays on this computer, or is forgotten
gets-not-history = other keys or projects of your { $provider } account
sealed-what = Sealed means: locked on this computer, so that only { $agency }’s server can open it, to make calls for you. You can end that at any time.
parcel-exactly = Exactly
parcel-key = Sealed for
parcel-suite = Method
parcel-size = Size
parcel-bytes = { $bytes } bytes, the same for every usual key
seal-and-send = Seal and send

## Confirm

confirm-lead = { $agency } opens the sealed copy and tries the key from its own network. Nothing runs on it yet.
confirm-sealed = Sealed on this computer
confirm-sent = Sent
confirm-opened = Opened and tried by { $agency }
confirm-refused = { $agency } could not use this key, so nothing runs on it. Discard it and bring another one.
confirm-stored = { $agency } keeps the sealed copy and has not tried it yet. This page goes on by itself.
send-again = Send again
receipt-works = { $agency } opened the copy, and the key works.
receipt-refused = { $agency } cannot use this key.
receipt-stored = { $agency } keeps the sealed copy.
receipt-signed = Signed by { $agency }
receipt-fingerprint = copy
receipt-verdicts = What { $agency } found

## Try, use, done

try-lead = { $agency } marked “{ $assistant }” as an assistant where a mistake does little harm. It alone would run on the new key until you say more.
try-start = Try it on “{ $assistant }”
try-skip = Skip
try-running = “{ $assistant }” runs on the new key
try-waiting = Waiting for the first call of “{ $assistant }”. You need not wait for it. Started
try-first-call = First call
try-none = { $agency } has marked no assistant for trying keys.
promote-lead = What should run on your { $provider } account from now on?
promote-before-platform = { $agency } pays for it now.
promote-before-other = { $provider } serves it now.
promote-before-same = The version before serves it now.
promote-before-nobody = Nobody pays for it now.
promote-hint = All assistants switch at once, without a failed call.
use-for-all = Use for all
done-what = { $uses } run on your { $provider } account.
done-works = { $agency }’s assistants make their calls with it, and you pay the provider directly.
first-calls = First calls
first-calls-waiting = The next call of an assistant will appear here. You need not wait for it.
connect-finish = Go to Keys

### Settings.

people = People
people-lead = Who may do what in your company. Every change is in the history.
people-lead-look = Who may do what in your company. Owners can change it.
invite = Invite…
invited = invited
invite-open-until = good until
invite-title = Invite a person
invite-name = Name of the person
invite-role = What may this person do?
invite-make = Make the invitation
invite-made = Send this link to { $name }, and to nobody else.
invite-once = It is shown only now and works once.
invite-good-until = It is good until
invite-copy = Copy link
invite-copied = Link copied
role-of = Role of { $name }
remove = Remove…
remove-name = Remove { $name }…
last-owner-hint = There must always be an owner.
admin-kept = { $provider }: an admin key is kept on this computer
admin-forget = Forget it
devices = Devices
devices-lead = Computers with Ownkey. Each signs what is done on it.
devices-count =
    { $count ->
        [0] no device yet
        [one] one device
       *[other] { $count } devices
    }
device-since = enrolled
device-revoked = revoked
revoke-device = Revoke…
revoke-device-name = Revoke “{ $name }”…
this-computer = This computer
this-computer-lead = Only here; others do not see it.
language = Language
as-system = As the system
theme = Appearance
theme-system = As the system
theme-light = Light
theme-dark = Dark
zoom = Size of text and buttons
zoom-how = Ctrl + and Ctrl −, and Ctrl 0 for the normal size
agency = Agency
agency-name = Name
agency-contact = Contact
agency-words = Its six words.
agency-words-why = They stand for its identity, and never change by themselves.
about = About
about-help = Questions? { $contact }
about-what = Brings your own provider account to your agency’s assistants.

limits-title = Limits
limits-lead = What a month may cost on your accounts, by list prices. Nothing is limited until you set it.
limit-client = everything
limit-none = no limit
limit-change = Change the limit for { $name }
limit-money = Dollars a month
limit-units = Units a month
limit-kind = Unit
limit-minute = Calls a minute
limit-hard = Refuse calls once it is reached; else only tell
limit-save = Save
limit-not-a-number = Write numbers without a sign.
limit-reached-hard = spent, calls are refused
limit-reached-soft = spent, calls go on
limit-says-money = { NUMBER($dollars, minimumFractionDigits: 2) } dollars a month
limit-says-units = { NUMBER($count) } { $kind } a month
limit-says-minute = { NUMBER($count) } calls a minute
unit-calls = calls
unit-tokens = tokens
unit-pictures = pictures
unit-seconds = seconds of audio

### When keys are replaced.

agreement-title = Replacing keys
agreement-lead = What is agreed with your agency. An account may be set to a shorter time in its details.
agreed-none = Nothing is agreed. Keys are replaced when somebody does it, or as set for each account.
agreed-every = Every key is replaced every { $days } days.
agreed-by = Every key that is older than this agreement is replaced by { $date }.
proposed-none = Your agency proposes that keys are no longer replaced on a schedule.
proposed-every = Your agency proposes that every key is replaced every { $days } days.
proposed-by = Your agency proposes that every key is replaced by { $date }.
agreement-accept = Agree
agreement-decline = Turn down
agreement-owners = An owner answers this.

### What this computer does without being asked.

alone-title = Without being asked
alone-lead = What this computer does while Ownkey runs.
set-by_itself = Replace keys that are due
set-by_itself-what = Keys that were brought on this computer, where the provider allows it and its admin key is kept here.
set-quiet = Not at certain hours
set-quiet-what = Nothing is replaced by itself then.
quiet-from = From
quiet-until = Until
set-notifications = Show notifications
set-notifications-what = When a key is to be replaced, and when one was.
set-background = Start with this computer, without a window
set-background-what = Ownkey goes on when its window is closed. Start it again to see the window.

## What a revoked device held

held-title = { $count ->
    [one] 1 key that is still alive was brought on “{ $name }”.
   *[other] { $count } keys that are still alive were brought on “{ $name }”.
}
held-why = Revoking a device does not change its keys. Whoever has the device may have them: end each one here. Your system asks you to confirm first.
held-none = No living key was brought on “{ $name }”.
held-replace = Replace now (leaked)
held-stop = Stop now (leaked)
held-admin = Whether an admin key was kept on it, only that computer knows. If one may have been, delete it at the provider: with it somebody could make new keys.
held-admin-page = Admin keys at { $provider }
held-show = Keys that it held ({ $count })
held-hide = Hide its keys

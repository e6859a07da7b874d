### Welcome, join, and the two pages that end or stop something.

welcome-title = Your own account, your own key
welcome-lead = Your agency runs AI assistants for you. With Ownkey they run on your company’s own provider account, and the key never goes through anybody’s e-mail.
welcome-1 = You keep the key
welcome-1-more = It stays in the keychain of this computer.
welcome-2 = They get a sealed copy
welcome-2-more = Only the agency’s server can open it.
welcome-3 = You can end it
welcome-3-more = One click stops every call on it.
join-link = Join link
join-link-example = https://…/join#…
join-link-hint = Your agency, or an owner in your company, sent it to you. It is an invitation and not a key, so it is fine to paste it here.
join-read = Read invitation
join-reading = Asking the agency…
join-title = { $agency } invites you
join-lead = Join as { $client }. Nothing is shared by joining; you connect accounts afterwards, one at a time.
join-words-title = Six words to compare
join-words-why = Call { $agency } ({ $contact }) and let them read their six words to you. If one differs, do not join: somebody else may be answering.
join-agency = Agency
join-client = Company
join-you = You
join-until = Good until
join-device = Name of this computer
join-device-default = { $name }’s computer
join-device-hint = Others in your company see it in the history.
join-accept = Join
join-joining = Making a key for this computer and enrolling it…

removed-title = This computer is no longer enrolled
removed-what = An owner of { $client } removed you or this computer, so it can no longer see or change anything.
removed-works = The assistants go on as before. Nothing was deleted at the providers.
removed-todo = If that is a mistake, ask an owner of your company or { $agency } for a new invitation and join again.
removed-again = Look again
removed-join = Join with a new invitation

lost-title = This computer’s own key is gone
lost-what = The key with which this computer signs is no longer in the keychain, so it can change nothing any more.
lost-works = The assistants go on as before. What this computer knew is still here.
lost-todo = Ask an owner of your company or { $agency } for a new invitation, and join again.

alarm-title = Something does not add up
alarm-lead = What the agency’s server says now does not fit what it said before. Until that is cleared up, Ownkey sends nothing.
alarm-words-title = The six words that this computer knows
alarm-words-why = Call { $agency } on a number that you know from elsewhere, and compare.
alarm-again = Check again
alarm-read = Read the record on this computer
alarm-done = I have read it; go on
alarm-done-why = What was seen is kept as evidence. If it still does not add up, this page comes back.

### Bills: what a provider says beside what the agency says, a month at a time.

bills-what = What each provider billed you, beside the usage that { $agency } claims. Both stand here as they were told; Ownkey only compares them.
bills-month = Month
bills-before = Earlier month: { $month }
bills-after = Later month: { $month }
bills-reading = Reading the figures…
bills-print = Print

## Where the figures come from

bills-switch = Ask the providers for their figures
bills-switch-why = This computer asks each provider itself, a few times a day while Ownkey runs. An admin key that a provider wants for that stays on this computer, and nothing is fetched while this is off.
bills-fetch = Fetch now
bills-fetching = Asking the providers: { NUMBER($done) } of { NUMBER($of) }
bills-stop = Stop
bills-stopped = Stopped. What has arrived stays.
bills-fetched = The figures are here.
bills-agency-as-of = The agency’s figures are from
bills-provider-as-of = The provider’s figures are from

## What is acceptable

bills-margin = A difference counts as agreement up to { $share } of the bill, or up to { $money }.
bills-margin-change = Change
bills-margin-share = Per cent of the bill
bills-margin-money = Or an amount of money
bills-margin-hint = The larger of the two counts. Days that are not settled are left out.
bills-margin-wrong = Write plain numbers: per cent with at most one decimal, money with at most six.

## Both columns

bills-provider = Provider’s bill
bills-agency = Agency’s usage
bills-difference = Difference
bills-untold = not told
bills-total = All bills in { $currency }
bills-open-part =
    { $count ->
        [one] Of the difference above, { $amount } is from { $count } day that is not settled.
       *[other] Of the difference above, { $amount } is from { $count } days that are not settled.
    }
bills-word-agree = Agree
bills-word-differ = Differ
bills-word-open = Open
bills-verdict-agree = On all settled days { $provider } billed exactly what the agency says.
bills-verdict-within = On the settled days the two differ by { $amount }. That is within your margin.
bills-verdict-more = On the settled days { $provider } billed { $amount } more than the agency says. That is beyond your margin.
bills-verdict-less = On the settled days the agency says { $amount } more than { $provider } billed. That is beyond your margin.
bills-verdict-waits = No day is settled yet: both figures can still grow, so nothing is said of them.
bills-verdict-days = Most of it is from { $days }.
bills-shared = { $provider } tells money by workspace here, not by key. If other keys are used in the same workspace, their calls are in its bill.
bills-shared-balance = { $provider } tells only how many credits the account has left, so the bill is what went from them between two looks of this computer, at the price of a credit. If other keys of the account are used, that is in it.
bills-basis-units = { $provider } has no bill that a program can read, so the two are compared by what was used, not by money.
bills-basis-needs_admin_key = { $provider } shows its bill only to an admin key, and there is none on this computer. Until then only the agency’s figures stand here.
bills-admin-key = Bring an admin key
bills-admin-key-what = Only an owner of the organisation at { $provider } can make one. This computer asks for the bill with it, and keeps it in its keychain until you forget it in Settings. { $agency } never gets it.
bills-admin-key-said = The admin key of { $provider } is kept on this computer.
bills-basis-not_fetched = { $provider } has not been asked for this month yet.
bills-basis-watched = { $provider } tells only how many credits the account has left. This computer looks once an hour while Ownkey runs; none have gone since it first looked.
bills-basis-silent = { $provider } was asked, and says nothing about the key of this account in this month. If it was used, the admin key on this computer may be of another organisation.
bills-not-allowed = Allow it above, then its figures come here.
bills-basis-not_offered = { $provider } tells no program what it billed. Save its bill as a table on its own page, and add the file here.
bills-units-agree = Both sides counted the same.
bills-units-within = Both sides counted nearly the same. The difference is within your margin.
bills-units-differ = The two sides counted differently, beyond your margin.
bills-units-untold = { $provider } has not told what it counted.

## Days

bills-days = Days of { $month }
bills-days-how = Point at a day, or use the arrow keys, to read its figures.
bills-days-alt =
    { $count ->
        [one] A bar for the agency and one for the provider on { $count } day.
       *[other] A bar for the agency and one for the provider on each of { $count } days.
    } { $open ->
        [0] All of them are settled.
       *[other] Not settled: { NUMBER($open) }.
    } Most was used on { $most }.
bills-days-alt-agency =
    { $count ->
        [one] A bar for the agency on { $count } day.
       *[other] A bar for the agency on each of { $count } days.
    } Most was used on { $most }.
bills-day-both = { $day }: provider { $billed }, agency { $claimed }, difference { $difference }.
bills-day-one = { $day }: agency { $claimed }. The provider has told nothing.
bills-day-open = Not settled yet.
bills-gap = What differs
bills-unsettled = Not settled yet
bills-settled = Settled
bills-settled-yes = yes
bills-settled-no = not yet
bills-as-table = Show as a table
bills-as-bars = Show as bars
bills-day = Day
bills-save = Save as CSV
bills-save-name = Save { $name } as CSV
bills-saved = Saved.
bills-file-add = Add a file
bills-file-add-name = Add a file to the bill of { $name }
bills-file-added =
    { $lines ->
        [one] One line was read, about { $months }.
       *[other] { NUMBER($lines) } lines were read, about { $months }.
    }
bills-file-nothing = The file says nothing about this account.
bills-file-passed-over =
    { $count ->
        [one] One line is about something else.
       *[other] { NUMBER($count) } lines are about something else.
    }
bills-file-from = Figures from the file { $file }, added
bills-file-reading = Reading the file: { NUMBER($done) } of { NUMBER($of) } MB
bills-dropped = Whose bill is { $file }?
bills-dropped-leave = Nobody’s
bills-send = Send to the agency
bills-send-name = Send the sums of { $name } to the agency
bills-send-what = When you send, the agency gets both sums until { $day } and a fingerprint of the table, signed by this computer, so that both sides hold the same numbers. It gets no key and no line of the provider’s bill.
bills-sent = Sent to the agency
bills-sent-said = Sent.

## Why they differ

bills-causes = Why they differ
bills-causes-sign = Plus: the provider billed more. Minus: the agency says more.
bills-cause-days = On { $days }
bills-look-people = See people and computers
bills-replace = Replace the key
cause-used_elsewhere = Used elsewhere
cause-used_elsewhere-what = Calls with this key that did not come through the agency. Look who else has the key. If nobody should have it, replace it.
cause-not_listed = Missing at the provider
cause-not_listed-what = Calls that the agency claims and the provider does not list. Ask the agency about them.
cause-unknown_calls = Calls without a known end
cause-unknown_calls-what = The agency’s server was stopped in the middle of these calls, so it does not know what they cost. The provider does.
cause-cut_streams = Answers that were cut off
cause-cut_streams-what = The agency saw only a part of these answers, or had to estimate them. The provider billed what it really made.
cause-day_edge = Calls around midnight
cause-day_edge-what = One side counts them to this day, the other to the next. Over the month this evens out.
cause-price = Another price
cause-price-what = The provider charged another price than its list says: a rate of your own, a discount, or a price that changed.
cause-tier = Another speed
cause-tier-what = Calls that the provider charged as slower and cheaper, or as faster and dearer, than the agency counted them.
cause-free_tier = Given for free
cause-free_tier-what = The provider did not charge a part of what was used.
cause-no_price = Without a price at the agency
cause-no_price-what = The agency’s list has no price for these calls, so its column lacks them. The provider billed them.
cause-agency_price = Another price at the agency
cause-agency_price-what = The agency reckoned with other prices than the list in this program. Ask the agency which list it uses.
cause-discount = Discount
cause-discount-what = A discount that stands on the bill as a line of its own.
cause-refund = Money back
cause-refund-what = The provider gave this back.
cause-tax = Taxes
cause-tax-what = Taxes on the provider’s bill. The agency’s column has none.
cause-not_metered = Other things on the bill
cause-not_metered-what = Things that are no calls of assistants and that the agency does not measure, such as storage or searches.
cause-rounding = Rounding
cause-rounding-what = The agency rounds each call to a millionth, the provider only at the end.
cause-not_told = Not told by the provider
cause-not_told-what = Of these days the provider’s side is not known, or not all of it: this computer had not looked at the credits yet, or credits were bought in between.
cause-not_settled = Not settled yet
cause-not_settled-what = These days can still change at one side or the other. They are left out until they are settled.
cause-unexplained = Not explained
cause-unexplained-what = What is left when all of the above is taken away. If it is more than a trifle, ask the agency.

## Parts

bills-models = By model
bills-model = Model
bills-model-nameless = Calls that name no model
bills-assistants = By assistant
bills-assistants-why = Only the agency knows which assistant made a call, so there is no figure of the provider beside it.
bills-assistant = Assistant
bills-nameless = No longer known by name
bills-calls = Calls
bills-units = What was used
bills-unit = Kind
bills-provider-counted = Provider counted
bills-agency-counted = Agency counted
bills-unit-input = Text tokens in
bills-unit-cached_input = Text tokens in, from the provider’s short memory
bills-unit-cache_write = Text tokens put into the short memory
bills-unit-cache_write_hour = Text tokens put into the short memory for an hour
bills-unit-audio_in = Audio tokens in
bills-unit-image_in = Picture tokens in
bills-unit-output = Text tokens out
bills-unit-reasoning = Tokens of reasoning
bills-unit-audio_out = Audio tokens out
bills-unit-image_out = Picture tokens out
bills-unit-images = Pictures
bills-unit-seconds_ms = Seconds of audio
bills-unit-predict_ms = Seconds of computing
bills-unit-credits_milli = Credits

## Where it is going

bills-forecast = By the end of the month about { $about } (between { $low } and { $high }), by the agency’s column.
bills-forecast-sure = By the end of the month about { $about }, by the agency’s column.
bills-unusual = Unusual days
bills-unusual-day = { $day }: { $amount }, where such a day usually costs { $usual }.
bills-unusual-who = Mostly { $assistants }.

## When to tell

bills-alert-of = When to tell you about { $name }
bills-alert-set = Tell me at an amount
bills-alert-set-name = Tell me at an amount: { $name }
bills-alert-change = Change the amount
bills-alert-change-name = Change the amount: { $name }
bills-alert = You are told at { $amount }. This month stands at { $figure }, { $share } of that.
bills-alert-reached = This month has reached { $amount }, where you wanted to be told. It stands at { $figure }.
bills-alert-at = Tell me at ({ $currency })
bills-alert-hint = The larger of the two figures counts. When new figures show that it is reached, you are told once that month: here, on Keys, and through the system.
bills-alert-wrong = Write an amount that is more than nothing, with at most six decimals.
bills-alert-off = Do not tell me
bills-alert-said = You are told at { $amount }.
bills-alert-off-said = You are not told of an amount any more.
bills-spend-limit-of = The limit of { $name } at the provider
bills-spend-limit = { $provider } stops this project at { $amount } a month.
bills-spend-limit-enforcing = { $provider } refuses the calls of this project now: the month has reached { $amount }.
bills-spend-limit-none = { $provider } has no limit for this project.
bills-spend-limit-as-of = As told on
bills-spend-limit-set = Set a limit
bills-spend-limit-set-name = Set a limit: { $name }, at the provider
bills-spend-limit-change = Change the limit
bills-spend-limit-change-name = Change the limit: { $name }, at the provider
bills-spend-limit-at = At the most, a month ({ $currency })
bills-spend-limit-hint = { $provider } itself refuses every call of the project’s keys once a month has cost this much. The assistants then do what was agreed for a key that fails.
bills-spend-limit-wrong = Write an amount of whole cents that is more than nothing.
bills-spend-limit-off = Take the limit away
bills-spend-limit-said = { $provider } stops this project at { $amount } a month.
bills-spend-limit-off-said = { $provider } has no limit for this project any more.

## Prices of your own

bills-rates =
    { $count ->
        [0] Prices of your own
        [one] Prices of your own ({ NUMBER($count) })
       *[other] Prices of your own ({ NUMBER($count) })
    }
bills-rates-why = If you agreed on other prices with a provider than those on its list, enter them here. Both columns are then reckoned with them, from their day on.
bills-rate-new = A price of your own
bills-rate-provider = Provider
bills-rate-for = For
bills-rate-price = Price
bills-rate-price-of = Price in { $currency }, { $per }
bills-rate-per-million = for a million
bills-rate-per-whole = each
bills-rate-per-second = a second
bills-rate-per-credit = a credit
bills-rate-from = From this day on
bills-rate-hint = The model by the name that stands on the bill, with its date or without. The same model, unit and day once more takes the place of the one before.
bills-rate-wrong-model = Write the model’s name as the bill has it, without spaces.
bills-rate-wrong-price = Write the price as a plain number, with no more decimals than can be kept: six for a million.
bills-rate-wrong-from = Choose the day from which the price holds.
bills-rate-add = Add this price
bills-rate-added = The price is added. Both columns are reckoned with it.
bills-rate-remove = Remove
bills-rate-remove-name = Remove { $rate }
bills-rate-name = { $model }, { $unit }, from { $date }
bills-rate-removed = The price is removed. The list counts again.

## What is on no bill of yours

bills-platform = Paid by the platform: not on your bill
bills-platform-why = The agency paid for these calls itself. They cost you nothing at a provider.
bills-platform-name = For what

## Nothing here

bills-empty-title = No account, no bill
bills-empty = When you have connected an account, this is where its bill stands beside what the agency says, day by day.
bills-none-title = No figures for { $month }
bills-none = As soon as an assistant has used one of your accounts in that month, the agency’s figures come here. To set the provider’s figures beside them, allow it above.

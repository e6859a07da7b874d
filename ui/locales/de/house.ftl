### Wörter, die jeder Raum benutzt.

app-name = Ownkey
opening = Wird geöffnet …
start-failed = Ownkey konnte nicht öffnen
quit = Beenden
back = Zurück
cancel = Abbrechen
close = Schließen
continue = Weiter
save = Speichern
since = seit
details = Einzelheiten
the-agency = Ihre Agentur
you = Sie
rooms = Räume
room-keys = Schlüssel
room-bills = Rechnungen
room-history = Verlauf
room-settings = Einstellungen
refresh = Bei der Agentur nach Neuem fragen
fresh-online = Aktuell
fresh-offline = Offline
offline-notice = Die Agentur ist nicht zu erreichen.
offline-as-of = Sie sehen die Kopie auf diesem Computer. Letzter Kontakt:
banner-simulated = Simulierte Anbieter.
banner-simulated-why = Kein echtes Konto wird benutzt, und nichts kostet Geld.

## Anbieter, Nutzungen, Rollen

provider-openai = OpenAI
provider-anthropic = Anthropic
provider-gemini = Google Gemini
provider-stability = Stability AI
provider-replicate = Replicate
use-chat = Chat
use-images = Bilder
use-voice = Sprache
use-chat-what = Assistenten, die Text lesen und schreiben
use-images-what = Assistenten, die Bilder machen
use-voice-what = Assistenten, die Gesprochenes verstehen
role-owner = Inhaber
role-member = Mitglied
role-viewer = Betrachter
role-owner-may = darf alles, auch Personen und Geräte verwalten
role-member-may = darf Schlüssel verbinden, prüfen, ersetzen und widerrufen
role-viewer-may = darf alles ansehen und nichts ändern

## Braucht Sie

needs-you = Braucht Sie
need-alarm = Das Protokoll der Agentur stimmt nicht. Es wird nichts gesendet, bis Sie gelesen haben, warum.
need-alarm-button = Lesen
need-key_dead_platform_pays = { $provider } lehnt den Schlüssel für { $use } ab. Bis Sie ihn ersetzen, zahlt die Agentur diese Aufrufe.
need-key_dead_platform_pays-button = Schlüssel ersetzen
need-key_dead_stopped = { $provider } lehnt den Schlüssel für { $use } ab. Bis Sie ihn ersetzen, ruhen diese Aufrufe.
need-key_dead_stopped-button = Schlüssel ersetzen
need-draft_waits = Die Verbindung mit { $provider } ist noch nicht fertig.
need-draft_waits-button = Weitermachen
need-rotation_waits = Der Schlüssel bei { $provider } wird ersetzt, und der nächste Schritt wartet auf Sie.
need-rotation_waits-button = Ansehen
need-key_due = Der Schlüssel von { $provider } für { $use } war bis { $date } zu ersetzen. Er funktioniert noch.
need-key_due-button = Schlüssel ersetzen
need-key_due_soon = Der Schlüssel von { $provider } für { $use } ist bis { $date } zu ersetzen.
need-key_due_soon-button = Schlüssel ersetzen
need-agreement_waits = Ihre Agentur schlägt vor, wann Schlüssel ersetzt werden.
need-agreement_waits-button = Ansehen
need-revoke_unproven = Ein Schlüssel bei { $provider } ist hier stillgelegt, aber { $provider } nimmt ihn vielleicht noch an.
need-revoke_unproven-button = Widerruf abschließen
need-fallback_runs = Die Agentur zahlt zurzeit für { $use }, weil ein Schlüssel bei { $provider } ausfiel.
need-fallback_runs-button = Aufrufe anhalten
need-budget_stops = Das Budget dieses Monats für { $what } ist aufgebraucht. Diese Aufrufe werden abgelehnt, bis es erhöht wird oder der Monat vorbei ist.
need-budget_stops-button = Grenzen ansehen
need-budget_reached = Das Budget dieses Monats für { $what } ist aufgebraucht. Diese Aufrufe laufen weiter.
need-budget_reached-button = Grenzen ansehen
need-bill_reached = { $account } hat diesen Monat so viel gekostet, wie Sie erfahren wollten.
need-bill_reached-button = Rechnung ansehen
need-paused = Aufrufe sind angehalten: { $what }.
need-paused-button = Weiter
need-keychain_fault = Der Schlüsselbund dieses Computers ist nicht benutzbar, also können Schlüssel weder abgelegt noch gelesen werden.
need-keychain_fault-button = Erneut versuchen
need-clock_wrong = Die Uhr dieses Computers geht mehr als fünf Minuten falsch. Stellen Sie sie, und versuchen Sie es dann erneut.
need-clock_wrong-button = Erneut versuchen

## Fehler

failure-reference = Kennung
failure-contact = Hilfe von der Agentur: { $contact }
report-copy = Bericht kopieren
report-copied = Bericht kopiert
report-what = Der Bericht enthält die Programmversion, die Kennung und technische Schritte. Er enthält keine Schlüssel und kann gefahrlos verschickt werden.
address-copy = Adresse kopieren
address-copied = Adresse kopiert

## Schlüssel und Aufrufe

key-ends-in = Schlüssel, endet auf
key-unknown = Schlüssel nicht auf diesem Computer
version-short = Version { $version }
version-long = Version { $version }
paid-by-own = von Ihnen bezahlt
paid-by-platform = von der Agentur bezahlt
call-failed = fehlgeschlagen mit { $status }
checked = Geprüft
check-running = Wird geprüft …
check-never = Von diesem Computer aus nicht geprüft
check-by-here = Von diesem Computer aus geprüft,
check-by-agency = Von der Agentur geprüft,
stage-pending = gesendet, nicht bestätigt
stage-ready = bestätigt
stage-current = in Gebrauch
stage-previous = die vorige
stage-retired = stillgelegt
health-unknown = noch nicht probiert
health-works = funktioniert
health-dead = vom Anbieter abgelehnt
at-provider-live = wird noch angenommen
at-provider-revoked = beim Anbieter nachweislich ungültig
at-provider-unproven = der Anbieter nimmt ihn vielleicht noch an

## Arbeit, die einen Moment dauert

busy-keeping = Der Schlüssel wird im Schlüsselbund dieses Computers abgelegt.
busy-keeping-usually = Meist eine Sekunde. Vielleicht fragt Ihr System, ob der Schlüsselbund geöffnet werden darf.
busy-making = Beim Anbieter wird ein Schlüssel erstellt.
busy-making-usually = Meist zehn Sekunden.
busy-checking = Dem Anbieter werden fünf Fragen gestellt.
busy-checking-usually = Meist fünf Sekunden. Das kostet nichts.
busy-sending = Der Schlüssel wird versiegelt und die versiegelte Kopie gesendet.
busy-sending-usually = Meist eine Sekunde.
busy-waiting_for_receipt = Die Agentur öffnet die Kopie und probiert sie aus ihrem eigenen Netz.
busy-waiting_for_receipt-usually = Meist zehn Sekunden. Sie können das Fenster schließen; es geht weiter.
busy-switching = Die Aufrufe werden umgestellt.
busy-switching-usually = Meist eine Sekunde.
busy-discarding = Es wird aufgeräumt: die Kopie hier, die Kopie bei der Agentur und der Schlüssel, falls Ownkey ihn erstellt hat.
busy-discarding-usually = Meist fünf Sekunden.

## Aufrufe zurückhalten

pause = Anhalten
pause-name = { $name } anhalten
go-on = Weiter
go-on-name = { $name } weiterlaufen lassen
paused-since = angehalten,
pause-said = { $name } ist angehalten.
pause-over-said = { $name } läuft weiter.
fallback-tightened-sentence = Sie haben gewählt, dass diese Aufrufe ruhen, wenn der Schlüssel ausfällt.
fallback-tighten = Stattdessen ruhen lassen
fallback-loosen = Zurück zur Einstellung von { $agency }

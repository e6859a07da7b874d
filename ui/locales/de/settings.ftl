### Einstellungen.

people = Personen
people-lead = Wer in Ihrer Firma was darf. Jede Änderung steht im Verlauf.
people-lead-look = Wer in Ihrer Firma was darf. Inhaber können es ändern.
invite = Einladen …
invited = eingeladen
invite-open-until = gültig bis
invite-title = Eine Person einladen
invite-name = Name der Person
invite-role = Was darf diese Person?
invite-make = Einladung erstellen
invite-made = Schicken Sie diesen Link an { $name } und an niemanden sonst.
invite-once = Er wird nur jetzt gezeigt und gilt einmal.
invite-good-until = Er ist gültig bis
invite-copy = Link kopieren
invite-copied = Link kopiert
role-of = Rolle von { $name }
remove = Entfernen …
remove-name = { $name } entfernen …
last-owner-hint = Es muss immer einen Inhaber geben.
admin-kept = { $provider }: Ein Verwaltungsschlüssel liegt auf diesem Computer
admin-forget = Vergessen
devices = Geräte
devices-lead = Computer mit Ownkey. Jeder unterschreibt, was auf ihm getan wird.
devices-count =
    { $count ->
        [0] noch kein Gerät
        [one] ein Gerät
       *[other] { $count } Geräte
    }
device-since = angemeldet
device-revoked = gesperrt
revoke-device = Sperren …
revoke-device-name = „{ $name }“ sperren …
this-computer = Dieser Computer
this-computer-lead = Gilt nur hier; andere sehen es nicht.
language = Sprache
as-system = Wie das System
theme = Erscheinungsbild
theme-system = Wie das System
theme-light = Hell
theme-dark = Dunkel
zoom = Größe von Schrift und Knöpfen
zoom-how = Strg + und Strg −, und Strg 0 für die normale Größe
agency = Agentur
agency-name = Name
agency-contact = Kontakt
agency-words = Ihre sechs Wörter.
agency-words-why = Sie stehen für die Identität der Agentur und ändern sich nie von selbst.
about = Über Ownkey
about-help = Fragen? { $contact }
about-what = Bringt Ihr eigenes Anbieterkonto zu den Assistenten Ihrer Agentur.

limits-title = Grenzen
limits-lead = Was ein Monat auf Ihren Konten kosten darf, nach Listenpreisen. Nichts ist begrenzt, bis Sie es festlegen.
limit-client = alles
limit-none = keine Grenze
limit-change = Grenze für { $name } ändern
limit-money = Dollar im Monat
limit-units = Einheiten im Monat
limit-kind = Einheit
limit-minute = Aufrufe in der Minute
limit-hard = Aufrufe ablehnen, sobald sie erreicht ist; sonst nur melden
limit-save = Speichern
limit-not-a-number = Schreiben Sie Zahlen ohne Vorzeichen.
limit-reached-hard = aufgebraucht, Aufrufe werden abgelehnt
limit-reached-soft = aufgebraucht, Aufrufe laufen weiter
limit-says-money = { NUMBER($dollars, minimumFractionDigits: 2) } Dollar im Monat
limit-says-units = { NUMBER($count) } { $kind } im Monat
limit-says-minute = { NUMBER($count) } Aufrufe in der Minute
unit-calls = Aufrufe
unit-tokens = Tokens
unit-pictures = Bilder
unit-seconds = Sekunden Ton

### Wann Schlüssel ersetzt werden.

agreement-title = Schlüssel ersetzen
agreement-lead = Was mit Ihrer Agentur vereinbart ist. Für ein Konto lässt sich in seinen Einzelheiten eine kürzere Zeit festlegen.
agreed-none = Nichts ist vereinbart. Schlüssel werden ersetzt, wenn es jemand tut, oder wie für jedes Konto festgelegt.
agreed-every = Jeder Schlüssel wird alle { $days } Tage ersetzt.
agreed-by = Jeder Schlüssel, der älter ist als diese Vereinbarung, wird bis { $date } ersetzt.
proposed-none = Ihre Agentur schlägt vor, Schlüssel nicht mehr nach Plan zu ersetzen.
proposed-every = Ihre Agentur schlägt vor, jeden Schlüssel alle { $days } Tage zu ersetzen.
proposed-by = Ihre Agentur schlägt vor, jeden Schlüssel bis { $date } zu ersetzen.
agreement-accept = Zustimmen
agreement-decline = Ablehnen
agreement-owners = Darauf antwortet ein Inhaber.

### Was dieser Computer ungefragt tut.

alone-title = Ungefragt
alone-lead = Was dieser Computer tut, solange Ownkey läuft.
set-by_itself = Fällige Schlüssel ersetzen
set-by_itself-what = Schlüssel, die auf diesem Computer gebracht wurden, wo der Anbieter es erlaubt und sein Admin-Schlüssel hier liegt.
set-quiet = Zu bestimmten Zeiten nicht
set-quiet-what = Dann wird nichts von selbst ersetzt.
quiet-from = Von
quiet-until = Bis
set-notifications = Mitteilungen zeigen
set-notifications-what = Wenn ein Schlüssel zu ersetzen ist, und wenn einer ersetzt wurde.
set-background = Mit diesem Computer starten, ohne Fenster
set-background-what = Ownkey läuft weiter, wenn sein Fenster geschlossen wird. Starten Sie es noch einmal, um das Fenster zu sehen.

## Was ein gesperrtes Gerät hatte

held-title = { $count ->
    [one] 1 Schlüssel, der noch gilt, kam von „{ $name }“.
   *[other] { $count } Schlüssel, die noch gelten, kamen von „{ $name }“.
}
held-why = Ein Gerät zu sperren ändert seine Schlüssel nicht. Wer das Gerät hat, hat vielleicht auch sie: Beenden Sie hier jeden. Ihr System bittet Sie zuerst um Bestätigung.
held-none = Von „{ $name }“ kam kein Schlüssel, der noch gilt.
held-replace = Jetzt ersetzen (in falschen Händen)
held-stop = Jetzt anhalten (in falschen Händen)
held-admin = Ob darauf ein Admin-Schlüssel behalten wurde, weiß nur jener Computer. Wenn das sein kann, löschen Sie ihn beim Anbieter: Mit ihm könnte jemand neue Schlüssel erstellen.
held-admin-page = Admin-Schlüssel bei { $provider }
held-show = Schlüssel, die es hatte ({ $count })
held-hide = Seine Schlüssel ausblenden

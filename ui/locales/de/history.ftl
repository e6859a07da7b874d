### Verlauf: ein Satz für jede Handlung. Die Variablen kommen aus dem Protokoll; siehe locales/README.md.

history-what = Hier steht jede Änderung, unterschrieben von dem, der sie gemacht hat. Nichts kann entfernt oder verändert werden, ohne dass dieser Computer es merkt.
record-verified = Geprüft bis Eintrag { $size },
record-unverified = Noch nicht geprüft
record-alarmed = Das Protokoll stimmt nicht
history-group = Zeigen
history-all = Alles
history-group-keys = Schlüssel
history-group-uses = Nutzungen und wer zahlt
history-group-people = Personen und Geräte
history-group-agency = Die Agentur
history-connection = Konto
history-all-accounts = Alle Konten
history-more = Ältere Einträge zeigen
history-reading = Das Protokoll wird gelesen …
history-empty-title = Noch ist nichts geschehen
history-empty = Jede Verbindung, jeder Wechsel und jede Einladung wird hier stehen, mit Zeit, Person und Gerät.
history-none = Kein solcher Eintrag
history-none-more = Kein Eintrag passt zu Ihrer Auswahl.
history-show-all = Alles zeigen
entry-index = Eintrag
entry-logged = Eingetragen
entry-claimed = Angegeben
entry-claimed-why = nach der Uhr dessen, der es tat
entry-hash = Prüfsumme
entry-statement = Die unterschriebene Erklärung
actor-device = jemand in Ihrer Firma
actor-operator = jemand bei der Agentur
actor-gateway = der Server der Agentur

act-unknown = Eine Änderung der Art „{ $type }“
act-client-open = Hat das Protokoll von { $name } eröffnet
act-client-end = Hat die Vereinbarung mit { $name } beendet
act-member-invite = Hat { $name } als { $role } eingeladen
act-member-change = Hat die Rolle von { $name } geändert: { $role }
act-member-remove = Hat { $name } mit allen Geräten entfernt
act-device-enrol = Hat den Computer „{ $name }“ angemeldet
act-device-revoke = Hat den Computer „{ $name }“ gesperrt
act-device-rename = Hat einen Computer in „{ $name }“ umbenannt
act-device-leave = Der Computer „{ $name }“ hat sich abgemeldet
act-connection-open = Hat begonnen, { $provider } zu verbinden{ $called }
act-connection-rename = Hat das Konto bei { $provider } in „{ $name }“ umbenannt
act-connection-owner = Hat bestimmt, dass sich „{ $owner }“ um das Konto{ $called } bei { $provider } kümmert
act-connection-schedule =
    { $schedule ->
        [every] Hat festgelegt, dass der Schlüssel von { $provider }{ $called } alle { $count } Tage ersetzt wird
        [by] Hat festgelegt, dass der Schlüssel von { $provider }{ $called } bis { $expires } ersetzt wird
       *[none] Hat festgelegt, dass der Schlüssel von { $provider }{ $called } ersetzt wird, wie es für alle vereinbart ist
    }
act-connection-close = Hat das Konto{ $called } bei { $provider } geschlossen
act-version-push = Hat Version { $version } des Schlüssels von { $provider } versiegelt gesendet{ $called }
act-version-confirmed = Hat Version { $version } des Schlüssels von { $provider } geöffnet, und sie funktioniert{ $called }
act-version-refused = Konnte Version { $version } des Schlüssels von { $provider } nicht benutzen{ $called }: { $code }
act-version-promote = Hat Version { $version } des Schlüssels von { $provider } in Gebrauch genommen für { $uses }{ $called }
act-version-retire = Hat Version { $version } des Schlüssels von { $provider } stillgelegt{ $called }: { $reason }
act-version-revoked = Hat nachgewiesen, dass Version { $version } des Schlüssels von { $provider } ungültig ist{ $called }
act-version-dead = { $provider } lehnt Version { $version } des Schlüssels ab{ $called }: { $code }
act-version-alive = { $provider } nimmt Version { $version } des Schlüssels wieder an{ $called }
act-version-proven = Version { $version } des Schlüssels von { $provider } hat sich in einem Aufruf oder einer Prüfung bewährt{ $called }
act-version-drained = Auf Version { $version } des Schlüssels von { $provider } läuft kein Aufruf mehr{ $called }
act-trial-start = Hat begonnen, Version { $version } des Schlüssels von { $provider } mit „{ $assistant }“ zu probieren
act-trial-end = Hat die Probe von Version { $version } des Schlüssels von { $provider } beendet
act-rotation-lease = Hat das Konto von { $provider }{ $called } reserviert, um den Schlüssel zu ersetzen
act-rotation-end =
    { $outcome ->
        [abandoned] Hat das Ersetzen des Schlüssels von { $provider }{ $called } aufgegeben; der alte bleibt in Gebrauch
        [handed_over] Hat das Ersetzen des Schlüssels von { $provider }{ $called } einem anderen Computer überlassen
       *[done] Hat das Ersetzen des Schlüssels von { $provider }{ $called } abgeschlossen
    }
act-assignment-set = Hat gewählt, wer für { $use } zahlt: { $payer }
act-model-pick = Hat ein Modell für { $use } gewählt: { $model }
act-fallback-limit =
    { $stop ->
        [false] Ist für { $use } zur Einstellung der Agentur zurückgekehrt, wenn ein Schlüssel ausfällt
       *[true] Hat gewählt, dass Aufrufe für { $use } ruhen, wenn ein Schlüssel ausfällt
    }
act-fallback-set = Hat festgelegt, was mit { $use } geschieht, wenn ein Schlüssel ausfällt: { $fallback }
act-fallback-began = Die Agentur zahlt seitdem für { $use }, weil der Schlüssel von { $provider } ausfiel
act-fallback-ended = Die Agentur zahlt nicht mehr für { $use }: Der Schlüssel von { $provider } funktioniert wieder
act-check-request = Hat die Agentur gebeten, Version { $version } des Schlüssels von { $provider } zu prüfen{ $called }
act-copy-deleted = Hat die versiegelte Kopie von Version { $version } des Schlüssels von { $provider } gelöscht{ $called }
act-assistant-add = Hat den Assistenten „{ $name }“ hinzugefügt für { $uses }
act-assistant-mark_low_stakes =
    { $low_stakes ->
        [false] Hat gesagt, dass neue Schlüssel nicht mehr mit „{ $name }“ probiert werden
       *[true] Hat gesagt, dass neue Schlüssel mit „{ $name }“ probiert werden dürfen
    }
act-assistant-token = Hat dem Assistenten „{ $name }“ ein neues Token gegeben
act-assistant-remove = Hat den Assistenten „{ $name }“ entfernt
act-assistant-token_end = Hat festgelegt, wann ein Token des Assistenten „{ $name }“ endet
act-pause-set = Hat Aufrufe angehalten: { $about }
act-pause-clear = Hat Aufrufe weiterlaufen lassen: { $about }
act-limit-set = Hat eine Grenze gesetzt oder aufgehoben: { $about }
act-statement-send = Hat der Agentur die Rechnung des Kontos bei { $provider }{ $called } für einen Monat gesendet
act-budget-reached = Das Budget des Monats ist aufgebraucht: { $about }
act-platform-offer =
    { $offered ->
        [false] Hat das Angebot zurückgenommen, für { $use } zu zahlen
       *[true] Hat angeboten, für { $use } auf dem Konto der Agentur zu zahlen
    }
act-agreement-propose =
    { $schedule ->
        [every] Hat vorgeschlagen, dass jeder Schlüssel alle { $count } Tage ersetzt wird
        [by] Hat vorgeschlagen, dass jeder Schlüssel bis { $expires } ersetzt wird
       *[none] Hat vorgeschlagen, dass Schlüssel nicht mehr nach Plan ersetzt werden
    }
act-agreement-accept =
    { $schedule ->
        [every] Hat vereinbart, dass jeder Schlüssel alle { $count } Tage ersetzt wird
        [by] Hat vereinbart, dass jeder Schlüssel bis { $expires } ersetzt wird
       *[none] Hat vereinbart, dass Schlüssel nicht mehr nach Plan ersetzt werden
    }
act-agreement-decline = Hat abgelehnt, was die Agentur für das Ersetzen von Schlüsseln vorgeschlagen hat
act-models-allow = Hat festgelegt, welche Modelle für { $use } erlaubt sind

reason-replaced = durch einen neueren ersetzt
reason-unwanted = nicht mehr gewünscht
reason-leaked = gesehen, wo er nicht sein sollte
reason-discarded = die Verbindung wurde verworfen

## Wenn das Protokoll es nicht sagt
missing-name = Name nicht bekannt
missing-provider = dem Anbieter
missing-version = ?
missing-use = eine Nutzung
missing-uses = seine Nutzungen
missing-role = andere Rolle
missing-payer = nicht gesagt
missing-reason = kein Grund genannt
missing-code = kein Grund genannt
missing-model = der Assistent entscheidet
missing-fallback = nicht gesagt
missing-assistant = einem Assistenten
missing-about = alles
missing-count = mehrere
missing-minutes = mehrere
missing-expires = später
missing-offered = true
missing-low_stakes = true
missing-stop = true
missing-outcome = done
missing-owner = jemand
missing-schedule = none
missing-line = ?
missing-column = ?
missing-columns = ihre Spalten
missing-currency = einer anderen Währung
missing-from = einem anderen Anbieter
missing-called = { "" }
called = { " " }(„{ $name }“)

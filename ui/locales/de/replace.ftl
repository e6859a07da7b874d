### Ersetzen: Ein neuer Schlüssel tritt an die Stelle des alten.

replace-title = Schlüssel von { $provider } ersetzen
replace-leaked = Dieser Schlüssel ist vielleicht in falschen Händen …
replace-leaked-what = Wenn jemand anderes den Schlüssel haben könnte, werden Aufrufe darauf sofort angehalten. Ihr System bittet Sie zuerst um Bestätigung.
replace-leaked-runs = Dieser Schlüssel wird schon ersetzt, und am Ende wird der alte widerrufen. Ist er in falschen Händen, sagen Sie es: Dann wird er sofort angehalten und widerrufen, und mit dem neuen geht es weiter. Ihr System bittet Sie zuerst um Bestätigung.
replace-leaked-badge = vielleicht in falschen Händen
replace-row = Wird ersetzt: Schritt { $step } von { $of }
replace-row-done = Ersetzt.
replace-row-abandoned = Nicht ersetzt.
replace-look = Ansehen
replace-look-name = Ansehen, wie der Schlüssel von { $provider } ersetzt wird
replace-kept = Jeder Schritt bleibt erhalten. Sie können diese Seite verlassen oder das Fenster schließen und zurückkommen.
replace-leave = Zurück zu den Schlüsseln
replace-finish = Fertig

replace-runs-old = Die Aufrufe laufen auf Version { $version }.
replace-runs-both = Neue Aufrufe laufen auf Version { $next }. Was auf Version { $version } begonnen hat, endet dort.
replace-runs-new = Die Aufrufe laufen auf Version { $version }.
replace-runs-none = Auf diesem Konto beginnen keine neuen Aufrufe, bis Version { $next } in Gebrauch ist.
replace-runs-nothing = Auf diesem Konto beginnen keine neuen Aufrufe.
replace-runs-none-uses = Bis dahin:
replace-runs-none-use = { $use }: { $fallback }

## Die sieben Schritte

replace-step-made = Neuer Schlüssel erstellt
replace-step-kept = Im Schlüsselbund dieses Computers abgelegt
replace-step-checked = Geprüft: Er kann, was der alte kann
replace-step-sent = Versiegelt und gesendet
replace-step-confirmed = Von { $agency } bestätigt
replace-step-in_use = In Gebrauch, und ein Aufruf ist gelungen
replace-step-old_revoked = Alter Schlüssel widerrufen und von { $provider } abgelehnt
replace-step-no-old = Kein alter Schlüssel mehr übrig
replace-mark-done = erledigt
replace-mark-now = jetzt
replace-mark-you = wartet auf Sie
replace-mark-still = steht still
replace-mark-back = abgebrochen
replace-mark-later = noch nicht
replace-mark-never = nicht geschehen

## Etwas wird getan

replace-doing-made = Bei { $provider } wird ein neuer Schlüssel erstellt.
replace-doing-kept = Der neue Schlüssel wird im Schlüsselbund dieses Computers abgelegt.
replace-doing-checked = Der neue Schlüssel wird mit dem alten verglichen.
replace-doing-sent = Der neue Schlüssel wird versiegelt und gesendet.
replace-doing-confirmed = { $agency } öffnet die versiegelte Kopie und probiert den Schlüssel.
replace-doing-in_use = Die Aufrufe wechseln auf den neuen Schlüssel.
replace-doing-old_revoked = Der alte Schlüssel wird bei { $provider } widerrufen.
replace-going-usually = Meist ein paar Sekunden. Sie müssen hier nicht warten; es geht von selbst weiter.

## Warten

replace-wait-new_key = Erstellen Sie bei { $provider } einen neuen Schlüssel, und bringen Sie ihn her.
replace-create-openai = Öffnen Sie das Projekt, in dem der alte Schlüssel liegt, und erstellen Sie dort einen geheimen Schlüssel mit eingeschränkten Rechten: Modelle lesen, und Anfragen für { $uses }.
replace-create-anthropic = Öffnen Sie den Workspace, in dem der alte Schlüssel liegt, und erstellen Sie dort einen API-Schlüssel mit dem Namen „Ownkey“. Er ist für { $uses }.
replace-create-gemini = Erstellen Sie einen API-Schlüssel in dem Projekt, in dem der alte liegt, beschränkt auf die Gemini API. Er ist für { $uses }.
replace-create-stability = Erstellen Sie im selben Konto einen weiteren API-Schlüssel. Er ist für { $uses }.
replace-create-replicate = Erstellen Sie im selben Konto ein weiteres API-Token. Es ist für { $uses }.
replace-same-account = Ein Schlüssel eines anderen Kontos wird nicht angenommen: Ersetzt wird der Schlüssel, nie, wer zahlt.
replace-same-account-is = Das Konto ist
replace-try-head = Wenn dieser Schlüssel ersetzt wird
replace-try = Zuerst mit einem Assistenten probieren
replace-try-what = { $name } läuft auf dem neuen Schlüssel, bevor die anderen es tun. Sie folgen, sobald ein Aufruf gelungen ist. Das bleibt so, wenn der Schlüssel wieder ersetzt wird.
replace-try-which = Mit welchem
replace-try-all = Jetzt für alle benutzen
replace-leave-old = Lassen Sie den alten Schlüssel, wie er ist. Diese Seite sagt, wann er zu widerrufen ist:
replace-leave-old-itself = Lassen Sie den alten Schlüssel, wie er ist. Wenn der neue arbeitet, schaltet Ownkey ihn selbst ab:
replace-watch = Die Zwischenablage auf den neuen Schlüssel beobachten
replace-watch-what = Ownkey sieht einmal in der Sekunde nach und nimmt nur einen Schlüssel von { $provider }. Es hört auf, wenn es einen hat, wenn Sie diese Seite verlassen, und nach zehn Minuten.
replace-watch-until = Wird beobachtet bis
replace-admin = Ownkey den alten Schlüssel selbst beenden lassen
replace-admin-what = Mit einem Verwaltungsschlüssel von { $provider } auf diesem Computer schaltet Ownkey den alten Schlüssel ab, sobald nichts mehr darauf läuft, und Sie müssen ihn dort nicht löschen. Der Verwaltungsschlüssel bleibt im Schlüsselbund dieses Computers, bis Sie ihn unter Einstellungen vergessen lassen. { $agency } bekommt ihn nie.

replace-wait-old_revoked = Widerrufen Sie den alten Schlüssel bei { $provider }.
replace-wait-old_revoked-more = Kein Aufruf läuft mehr darauf. Danach beweist ein Aufruf mit dem alten Schlüssel, dass { $provider } ihn ablehnt.
replace-wait-old_revoked-leaked = Tun Sie das jetzt: Bis er widerrufen ist, kann ihn benutzen, wer ihn hat. Danach beweist ein Aufruf damit, dass { $provider } ihn ablehnt.
replace-wait-new_revoked = Widerrufen Sie den neuen Schlüssel bei { $provider }.
replace-wait-new_revoked-more = Er wird nicht benutzt, also hört nichts auf. Was jetzt läuft, läuft weiter.
replace-revoke-which = Löschen Sie auf der Schlüsselseite von { $provider } den Schlüssel mit dem Ende
replace-revoke-version = Löschen Sie auf der Schlüsselseite von { $provider } den Schlüssel, der Version { $version } war. Dieser Computer kennt seine letzten vier Zeichen nicht.
replace-revoke-not-new = Löschen Sie nicht den neuen:
replace-it-is-revoked = Er ist widerrufen

replace-wait-confirmation = Es wird gewartet, bis { $agency } den neuen Schlüssel bestätigt.
replace-wait-confirmation-more = { $agency } öffnet die versiegelte Kopie und probiert den Schlüssel aus dem eigenen Netz. Vorher läuft nichts darauf.
replace-wait-confirmation-until = { $agency } wird wieder gefragt:
replace-wait-trial = Ein Assistent probiert den neuen Schlüssel.
replace-wait-trial-more = Alle anderen laufen auf dem alten Schlüssel. Sobald ein Aufruf gelungen ist, werden alle umgestellt. Kommt keiner, probiert { $agency } den Schlüssel selbst.
replace-wait-trial-until = { $agency } probiert ihn selbst:
replace-wait-proof = Es wird auf den ersten Aufruf mit dem neuen Schlüssel gewartet.
replace-wait-proof-more = Der alte Schlüssel bleibt, bis ein Aufruf mit dem neuen gelungen ist. Kommt keiner, probiert { $agency } ihn selbst.
replace-wait-proof-until = { $agency } probiert ihn selbst:
replace-wait-draining = Die Aufrufe, die auf dem alten Schlüssel begonnen haben, gehen zu Ende.
replace-wait-draining-more = Neue Aufrufe benutzen ihn nicht mehr. Ist der letzte zu Ende, wird der alte Schlüssel stillgelegt.
replace-wait-draining-until = Stillgelegt spätestens:
replace-wait-cutting = Der alte Schlüssel ist stillgelegt, und einige Aufrufe laufen noch darauf.
replace-wait-cutting-more = Was bis dahin nicht zu Ende ist, wird abgebrochen. Danach wird der Schlüssel widerrufen.
replace-wait-cutting-until = Abgebrochen wird:
replace-wait-still_accepted = { $provider } nimmt den alten Schlüssel noch an.
replace-wait-still_accepted-more = Das kann nach dem Löschen einige Minuten dauern. Es wird von selbst wieder gefragt, bis er abgelehnt wird.
replace-wait-still_accepted-until = Wieder gefragt wird:
replace-wait-quiet = Es wird gewartet, ob noch etwas anderes den alten Schlüssel benutzt.
replace-wait-quiet-more = Der neue Schlüssel ist im Einsatz. Hat bis dahin nichts den alten benutzt, wird er widerrufen.
replace-wait-quiet-until = Wieder nachgesehen:
replace-wait-retry = Etwas hat nicht geklappt.
replace-wait-retry-more = Das geht meist vorüber. Es wird von selbst erneut versucht; Sie müssen nichts tun.
replace-wait-retry-until = Nächster Versuch:

## Stillstand: was geschah, was noch geht, was zu tun ist

replace-why-weaker = Der neue Schlüssel kann weniger als der alte, also wird er nicht benutzt.
replace-todo-weaker = Bringen Sie einen Schlüssel, der alles kann, oder benutzen Sie diesen, wenn Sie darauf verzichten können.
replace-todo-weaker-only = Benutzen Sie ihn, wenn Sie darauf verzichten können. Sonst ersetzen Sie nicht weiter; dann wird er zurückgenommen.
replace-why-other_account = Der neue Schlüssel gehört zu einem anderen Konto bei { $provider }.
replace-todo-other_account = Verbinden Sie diesen als eigenes Konto; der alte Schlüssel bleibt dann. Um den alten zu ersetzen, hören Sie hier auf, und beginnen Sie mit einem Schlüssel desselben Kontos von vorn.
replace-why-key_refused = { $provider } nimmt den neuen Schlüssel nicht an.
replace-todo-key_refused = Sehen Sie nach, ob der ganze Schlüssel kopiert wurde und nicht gelöscht ist. Bringen Sie dann einen anderen.
replace-why-agency_refused = { $agency } sagt, dass der neue Schlüssel nicht funktioniert.
replace-todo-agency_refused = Ein Schlüssel, der auf bestimmte Internetadressen beschränkt ist, muss die von { $agency } erlauben. Richten Sie das, oder beginnen Sie mit einem anderen Schlüssel von vorn.
replace-why-not_confirmed = { $agency } hat nicht gesagt, ob der neue Schlüssel funktioniert.
replace-todo-not_confirmed = Versuchen Sie es erneut. Bleibt es so, fragen Sie { $agency }, ob der Server läuft.
replace-why-not_proven = Mit dem neuen Schlüssel ist noch kein Aufruf gelungen.
replace-todo-not_proven = Vorher wird der alte Schlüssel nicht widerrufen. Versuchen Sie es erneut; bleibt es so, fragen Sie { $agency }.
replace-why-sent_back = Jemand hat den alten Schlüssel wieder in Gebrauch genommen.
replace-todo-sent_back = Sehen Sie im Verlauf nach, wer es war und warum, und entscheiden Sie dann.
replace-why-still_accepted = { $provider } nimmt den alten Schlüssel noch an.
replace-todo-still_accepted = Sehen Sie bei { $provider } nach, ob der alte Schlüssel wirklich gelöscht ist, und versuchen Sie es dann erneut.
replace-why-still_used = Etwas anderes benutzt den alten Schlüssel noch.
replace-todo-still_used = { $provider } hat ihn nach dem letzten Aufruf gesehen, den { $agency } damit gemacht hat. Finden Sie heraus, was es ist: ein anderes Programm, ein Skript, eine Automatik. Geben Sie ihm einen eigenen Schlüssel. Warten Sie dann, und sehen Sie noch einmal nach, widerrufen Sie den alten Schlüssel trotzdem, oder lassen Sie ihn, wie er ist.
replace-why-unseen = { $provider } hat den neuen Schlüssel noch nicht im Einsatz gesehen.
replace-todo-unseen = { $agency } sagt, dass Aufrufe damit gelingen, aber { $provider } zeigt sie nicht. Sehen Sie dort nach, ob der neue Schlüssel benutzt wird, und widerrufen Sie dann den alten.
replace-why-unproven = Kein Computer hier hat den alten Schlüssel noch, also kann nichts beweisen, dass er ungültig ist.
replace-todo-unproven = Sehen Sie bei { $provider } nach, ob er gelöscht ist. Ein Computer, der ihn noch hat, kann es beweisen; versuchen Sie es dann erneut.
replace-why-admin_refused = { $provider } nimmt den Verwaltungsschlüssel auf diesem Computer nicht mehr an.
replace-todo-admin_refused = Machen Sie von Hand weiter: Diese Seite sagt Schritt für Schritt, was bei { $provider } zu tun ist.
replace-why-key_lost = Der neue Schlüssel ist nicht mehr im Schlüsselbund dieses Computers.
replace-todo-key_lost = Er lässt sich von nirgendwo zurückholen, also wird er widerrufen.
replace-why-other_device = Ein anderer Computer Ihrer Firma ersetzt gerade diesen Schlüssel.
replace-todo-other_device = Lassen Sie ihn dort fertig werden, und versuchen Sie es dann erneut.
replace-why-number_taken = Inzwischen wurde ein anderer Schlüssel gesendet, also kann dieser dessen Nummer nicht bekommen.
replace-todo-number_taken = Sehen Sie unter Schlüssel die Versionen dieses Kontos an, und entscheiden Sie dann.
replace-why-refused = { $agency } oder { $provider } hat diesen Schritt abgelehnt.
replace-todo-refused = Versuchen Sie es erneut. Wird er noch einmal abgelehnt, fragen Sie { $agency }.
replace-why-unanswered = Hier fehlt etwas, das Sie bei { $provider } tun.
replace-todo-unanswered = Machen Sie weiter, wenn Sie Zeit dafür haben; Sie sehen dann, was zu tun ist.
replace-why-provider_unreachable = { $provider } ist nicht zu erreichen oder bittet um langsamere Anfragen.
replace-todo-provider_unreachable = Sehen Sie nach, ob dieser Computer online ist, und versuchen Sie es dann erneut.
replace-why-agency_unreachable = { $agency } ist nicht zu erreichen oder bittet um langsamere Anfragen.
replace-todo-agency_unreachable = Sehen Sie nach, ob dieser Computer online ist, und versuchen Sie es dann erneut.
replace-why-no_answer = Es kam keine Antwort, also ist nicht bekannt, ob dieser Schritt getan ist.
replace-todo-no_answer = Versuchen Sie es erneut. Was schon getan ist, wird gefunden und nicht zweimal getan.
replace-why-keychain_locked = Der Schlüsselbund dieses Computers ist gesperrt.
replace-todo-keychain_locked = Entsperren Sie ihn, und versuchen Sie es dann erneut.
replace-why-disk_full = Der Datenträger dieses Computers ist voll.
replace-todo-disk_full = Schaffen Sie Platz darauf, und versuchen Sie es dann erneut.
replace-works-old = Der alte Schlüssel dient weiter für alle Aufrufe.
replace-works-both = Die Aufrufe laufen: neue auf dem neuen Schlüssel, frühere auf dem alten.
replace-works-new = Die Aufrufe laufen auf dem neuen Schlüssel.
replace-works-none = Der alte Schlüssel ist außer Gebrauch. Ihre anderen Konten laufen wie bisher.
replace-next-try_again = Erneut versuchen
replace-next-use_anyway = Trotzdem benutzen
replace-next-paste_another = Anderen Schlüssel bringen
replace-next-new_connection = Als neues Konto verbinden
replace-next-go_by_hand = Von Hand weitermachen
replace-next-revoke_anyway = Den alten Schlüssel trotzdem widerrufen
replace-listen = Eine Stunde warten und noch einmal nachsehen
replace-leave-it = Den alten Schlüssel lassen, wie er ist
replace-next-cancel = Neuen Schlüssel zurücknehmen
replace-lacks-other_account = Er gehört zu einem anderen Konto.
replace-lacks-fewer_models = Diese Modelle fehlen: { $names }
replace-lacks-use_missing = Dafür kann er nicht dienen: { $use }
replace-lacks-scope_missing = Dieses Recht fehlt: { $names }
replace-lacks-no_credit = Es steht kein Geld dahinter.
replace-lacks-untold = nicht genannt

## Abbrechen

replace-stop = Nicht mehr ersetzen …
replace-stop-title = Diesen Schlüssel doch nicht ersetzen?
replace-stop-old = Der alte Schlüssel bleibt in Gebrauch. Kein Aufruf geht verloren.
replace-stop-old-leaked = Der alte Schlüssel wird trotzdem bei { $provider } widerrufen, weil er vielleicht in falschen Händen ist.
replace-stop-retires = { $agency } legt die versiegelte Kopie des neuen Schlüssels still.
replace-stop-revokes = Ownkey widerruft den neuen Schlüssel bei { $provider }, falls es einen gibt.
replace-stop-by-hand = Haben Sie bei { $provider } einen neuen Schlüssel erstellt, werden Sie gebeten, ihn dort zu löschen.
replace-stop-forgets = Der neue Schlüssel wird von diesem Computer gelöscht.
replace-stop-nothing = Es ist noch nichts erstellt, also bleibt nichts zurück.
replace-stop-yes = Nicht ersetzen
replace-stop-no = Weiter ersetzen
replace-going-back = Der neue Schlüssel wird zurückgenommen.
replace-going-back-more = Was erstellt wurde, wird widerrufen und gelöscht. Sie müssen hier nicht warten; es geht von selbst weiter.
replace-abandoned = Der Schlüssel wurde nicht ersetzt.
replace-abandoned-more = Der alte Schlüssel ist in Gebrauch wie zuvor.
replace-abandoned-leaked = Weil er vielleicht in falschen Händen ist, wird der alte Schlüssel nicht mehr benutzt. Verbinden Sie das Konto mit einem neuen Schlüssel, um es wieder zu benutzen.

## Der Bericht

replace-done = Der Schlüssel von { $provider } ist ersetzt.
replace-save = Bericht speichern …
replace-saved = Der Bericht ist gespeichert.
replace-report-old = Alter Schlüssel
replace-report-new = Neuer Schlüssel
replace-report-refused = von { $provider } abgelehnt um
replace-report-unproven = stillgelegt, aber beim Anbieter nicht als ungültig nachgewiesen
replace-report-in-use = in Gebrauch als Version { $version }
replace-report-calls = { $all ->
    [one] 1 Aufruf
   *[other] { $all } Aufrufe
} währenddessen, { $failed } fehlgeschlagen
replace-report-calls-untold = Die Agentur hat nicht gesagt, wie viele Aufrufe währenddessen liefen.
replace-report-began = Begonnen
replace-report-ended = vorbei

## Die Aufrufe mit einem Schlüssel, der vielleicht in falschen Händen ist

version-calls = Aufrufe mit Version { $version } in den letzten 30 Tagen
version-calls-why = Diese kamen von Ihren Assistenten. Was der Anbieter sonst für diesen Schlüssel aufführt, kam von jemand anderem.
version-calls-none = Die Agentur hat keine Aufrufe mit diesem Schlüssel in den letzten 30 Tagen.
version-calls-sum = { $all ->
    [one] 1 Aufruf
   *[other] { NUMBER($all) } Aufrufe
}, { $cost } nach Listenpreisen.
version-calls-unpriced = { $count ->
    [one] Von 1 Aufruf sind die Kosten nicht bekannt.
   *[other] Von { NUMBER($count) } Aufrufen sind die Kosten nicht bekannt.
}
version-calls-asking = Die Agentur wird nach den Aufrufen gefragt. Meist eine Sekunde.
version-calls-not-now = Die Liste der Aufrufe kommt von der Agentur und ist jetzt nicht zu haben. Der Schlüssel wird trotzdem ersetzt.
version-calls-when = Wann
version-calls-who = Assistent
version-calls-spent = Verbraucht
version-calls-cost = Kosten
version-calls-end = Ausgang
version-calls-nameless = Ein Assistent, den es nicht mehr gibt
version-calls-costless = nicht bekannt
version-calls-unknown = Das Ende ist nicht bekannt
version-calls-well = beantwortet
version-calls-more = Ältere Aufrufe zeigen
version-calls-shown = { NUMBER($shown) } von { NUMBER($all) } sind zu sehen.
spent-untold = nicht angegeben
spent-input = { NUMBER($count) } Token hinein
spent-cached_input = { NUMBER($count) } zwischengespeicherte Token hinein
spent-cache_write = { NUMBER($count) } Token zwischengespeichert
spent-cache_write_hour = { NUMBER($count) } Token für eine Stunde zwischengespeichert
spent-audio_in = { NUMBER($count) } Audio-Token hinein
spent-image_in = { NUMBER($count) } Bild-Token hinein
spent-output = { NUMBER($count) } Token heraus
spent-reasoning = { NUMBER($count) } Token fürs Nachdenken
spent-audio_out = { NUMBER($count) } Audio-Token heraus
spent-image_out = { NUMBER($count) } Bild-Token heraus
spent-images = { $count ->
    [one] 1 Bild
   *[other] { NUMBER($count) } Bilder
}
spent-seconds_ms = { NUMBER($count) } ms Audio
spent-predict_ms = { NUMBER($count) } ms Rechenzeit
spent-credits_milli = { NUMBER($count) } Tausendstel einer Gutschrift

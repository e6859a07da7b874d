### Willkommen, Beitritt und die zwei Seiten, die etwas beenden oder anhalten.

welcome-title = Ihr eigenes Konto, Ihr eigener Schlüssel
welcome-lead = Ihre Agentur betreibt KI-Assistenten für Sie. Mit Ownkey laufen sie auf dem Anbieterkonto Ihrer eigenen Firma, und der Schlüssel geht durch kein E-Mail-Postfach.
welcome-1 = Sie behalten den Schlüssel
welcome-1-more = Er bleibt im Schlüsselbund dieses Computers.
welcome-2 = Die Agentur bekommt eine versiegelte Kopie
welcome-2-more = Nur ihr Server kann sie öffnen.
welcome-3 = Sie können es beenden
welcome-3-more = Ein Klick hält jeden Aufruf darauf an.
join-link = Einladungslink
join-link-example = https://…/join#…
join-link-hint = Ihre Agentur oder ein Inhaber in Ihrer Firma hat ihn geschickt. Er ist eine Einladung und kein Schlüssel; Sie können ihn hier unbesorgt einfügen.
join-read = Einladung lesen
join-reading = Die Agentur wird gefragt …
join-title = { $agency } lädt Sie ein
join-lead = Beitreten als { $client }. Mit dem Beitritt wird nichts geteilt; Konten verbinden Sie danach, eines nach dem anderen.
join-words-title = Sechs Wörter zum Vergleichen
join-words-why = Rufen Sie { $agency } an ({ $contact }), und lassen Sie sich deren sechs Wörter vorlesen. Weicht eines ab, treten Sie nicht bei: Vielleicht antwortet jemand anderes.
join-agency = Agentur
join-client = Firma
join-you = Sie
join-until = Gültig bis
join-device = Name dieses Computers
join-device-default = Computer von { $name }
join-device-hint = Andere in Ihrer Firma sehen ihn im Verlauf.
join-accept = Beitreten
join-joining = Für diesen Computer wird ein Schlüssel erstellt und angemeldet …

removed-title = Dieser Computer ist nicht mehr angemeldet
removed-what = Ein Inhaber von { $client } hat Sie oder diesen Computer entfernt. Er kann nichts mehr sehen oder ändern.
removed-works = Die Assistenten arbeiten weiter wie bisher. Bei den Anbietern wurde nichts gelöscht.
removed-todo = Wenn das ein Irrtum ist, bitten Sie einen Inhaber Ihrer Firma oder { $agency } um eine neue Einladung, und treten Sie erneut bei.
removed-again = Erneut nachsehen
removed-join = Mit einer neuen Einladung beitreten

lost-title = Der eigene Schlüssel dieses Computers ist weg
lost-what = Der Schlüssel, mit dem dieser Computer unterschreibt, liegt nicht mehr im Schlüsselbund. Er kann also nichts mehr ändern.
lost-works = Die Assistenten arbeiten weiter wie bisher. Was dieser Computer wusste, ist noch da.
lost-todo = Bitten Sie einen Inhaber Ihrer Firma oder { $agency } um eine neue Einladung, und treten Sie erneut bei.

alarm-title = Etwas stimmt nicht
alarm-lead = Was der Server der Agentur jetzt sagt, passt nicht zu dem, was er früher gesagt hat. Bis das geklärt ist, sendet Ownkey nichts.
alarm-words-title = Die sechs Wörter, die dieser Computer kennt
alarm-words-why = Rufen Sie { $agency } unter einer Nummer an, die Sie von anderswo kennen, und vergleichen Sie.
alarm-again = Erneut prüfen
alarm-read = Das Protokoll auf diesem Computer lesen
alarm-done = Ich habe es gelesen; weiter
alarm-done-why = Was gesehen wurde, bleibt als Beleg. Stimmt es weiterhin nicht, kommt diese Seite wieder.

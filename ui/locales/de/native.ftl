### Dialoge des Systems. Rust zeigt sie; nichts auf der Seite kann ihre Knöpfe drücken.

native-revoke-title = Diesen Schlüssel widerrufen?
native-revoke-body =
    Der Schlüssel von { $provider } („{ $name }“) gilt dann nicht mehr für: { $uses }.
    Sofort beginnt kein neuer Aufruf mehr darauf; laufende Antworten enden innerhalb einer Minute. Danach wird der Schlüssel bei { $provider } widerrufen, oder Sie werden dorthin geführt. Das lässt sich nicht rückgängig machen.
native-discard-title = Diese Verbindung verwerfen?
native-discard-body =
    Der Schlüssel von { $provider } wird von diesem Computer gelöscht, und seine versiegelte Kopie, falls eine gesendet wurde, bei der Agentur stillgelegt.
    Hat Ownkey den Schlüssel erstellt, wird er auch bei { $provider } widerrufen. Haben Sie ihn selbst erstellt, löschen Sie ihn dort.
native-leave-behind-title = Weitermachen und es bei { $provider } lassen?
native-leave-behind-body =
    Ownkey konnte nicht zurücknehmen, was es bei { $provider } erstellt hat: das Dienstkonto „{ $name }“ im Projekt „{ $project }“ mit seinem Schlüssel.
    Es bleibt dort, bis Sie es auf der Seite von { $provider } löschen. Alles andere wird aufgeräumt.
native-remove-member-title = Diese Person entfernen?
native-remove-member-body =
    { $name } und alle Geräte von { $name } verlieren sofort den Zugang. Die Schlüssel, die darauf gebracht wurden, bleiben verbunden.
    Um zurückzukommen, braucht { $name } eine neue Einladung.
native-revoke-device-title = Dieses Gerät sperren?
native-revoke-device-body =
    „{ $name }“ verliert sofort den Zugang und kann ohne neue Einladung nicht wieder angemeldet werden.
    Wurde es verloren oder gestohlen, ersetzen Sie auch die Schlüssel, die darauf gebracht wurden.
native-begin-anew = Beiseitelegen und neu beginnen
native-confirm = Ja, ausführen
native-cancel = Abbrechen
native-reference = Kennung: { $ref }

native-leaked-title = Ist der Schlüssel von { $provider } in falschen Händen?
native-leaked-body = Der alte Schlüssel von { $name } wird sofort außer Dienst gestellt: Aufrufe, die gerade darauf laufen, brechen ab, und neue laufen erst wieder mit dem neuen Schlüssel. Bis dahin gilt, was für den Ausfall vereinbart ist.

### Mitteilungen des Systems.

notice-due-soon-title = Ein Schlüssel ist bald zu ersetzen
notice-due-soon-body = Der Schlüssel von { $provider } für „{ $name }“ ist bis { $date } zu ersetzen. Öffnen Sie Ownkey, und drücken Sie „Ersetzen“.
notice-due-title = Ein Schlüssel ist jetzt zu ersetzen
notice-due-body = Der Schlüssel von { $provider } für „{ $name }“ war bis { $date } zu ersetzen. Er funktioniert noch. Öffnen Sie Ownkey, und drücken Sie „Ersetzen“.
notice-bill-reached-title = Ein Monat hat Ihren Betrag erreicht
notice-bill-reached-body = { $provider }, „{ $name }“: Dieser Monat steht bei { $figure }. Sie wollten bei { $amount } Bescheid bekommen.
notice-bill-unusual-title = Ein ungewöhnlicher Tag
notice-bill-unusual-body = { $provider }, „{ $name }“: Der { $date } steht bei { $amount }; sonst kostet ein solcher Tag { $usual }. Öffnen Sie Ownkey, und sehen Sie unter „Rechnungen“ nach.
notice-replaced-title = Ein Schlüssel wurde ersetzt
notice-replaced-body = Der Schlüssel von { $provider } war fällig. Der neue ist in Gebrauch, und { $provider } lehnt den alten ab.
notice-replace-stuck-title = Ein Schlüssel ließ sich nicht ersetzen
notice-replace-stuck-body = Der Schlüssel von { $provider } war fällig, und das Ersetzen steht still. Aufrufe gehen weiter. Öffnen Sie Ownkey, um zu sehen, was fehlt.

native-report-head = Ownkey: der Schlüssel von { $name } bei { $provider }
native-report-ordinary = Ersetzt. Begonnen { $began }, vorbei { $ended }.
native-report-leaked = Ersetzt, weil er vielleicht in falschen Händen ist. Begonnen { $began }, vorbei { $ended }.
native-report-refused = Alter Schlüssel ••••{ $last } (Version { $version }): von { $provider } abgelehnt um { $at }.
native-report-unproven = Alter Schlüssel ••••{ $last } (Version { $version }): stillgelegt, aber beim Anbieter nicht als ungültig nachgewiesen.
native-report-old-stays = Der Schlüssel wurde nicht ersetzt. Alter Schlüssel ••••{ $last } (Version { $version }): in Gebrauch wie zuvor.
native-report-new = Neuer Schlüssel ••••{ $last }: in Gebrauch als Version { $version }.
native-report-calls = Aufrufe währenddessen: { $all }, davon fehlgeschlagen: { $failed }.
native-report-calls-untold = Die Agentur hat nicht gesagt, wie viele Aufrufe währenddessen liefen.
native-report-ids = Verbindung { $connection }, Ersetzung { $rotation }. Alle Zeiten sind UTC.
native-report-list = Aufrufe mit Version { $version } seit { $from }: { $all }, nach dem Buch der Agentur. Was der Anbieter sonst aufführt, kam von jemand anderem.
native-report-cost = Bekannte Kosten nach Listenpreisen: { $cost }.
native-report-call = { $at }  { $assistant }  { $model }  { $cost }  { $status }
native-report-list-more = Es gibt ältere Aufrufe, die hier nicht aufgeführt sind.
native-report-list-untold = Die Liste der Aufrufe war beim Speichern von der Agentur nicht zu haben.

### Rechnungen: was ein Anbieter sagt, neben dem, was die Agentur sagt, Monat für Monat.

bills-what = Was Ihnen jeder Anbieter berechnet hat, neben dem Verbrauch, den { $agency } angibt. Beides steht hier so, wie es gesagt wurde; Ownkey vergleicht nur.
bills-month = Monat
bills-before = Früherer Monat: { $month }
bills-after = Späterer Monat: { $month }
bills-reading = Die Zahlen werden gelesen…
bills-print = Drucken

## Woher die Zahlen kommen

bills-switch = Die Anbieter nach ihren Zahlen fragen
bills-switch-why = Dieser Computer fragt jeden Anbieter selbst, einige Male am Tag, solange Ownkey läuft. Ein Verwaltungsschlüssel, den ein Anbieter dafür verlangt, bleibt auf diesem Computer, und solange dies aus ist, wird nichts abgerufen.
bills-fetch = Jetzt abrufen
bills-fetching = Die Anbieter werden gefragt: { NUMBER($done) } von { NUMBER($of) }
bills-stop = Abbrechen
bills-stopped = Abgebrochen. Was schon da ist, bleibt.
bills-fetched = Die Zahlen sind da.
bills-agency-as-of = Stand der Zahlen der Agentur:
bills-provider-as-of = Stand der Zahlen des Anbieters:

## Was noch als gleich gilt

bills-margin = Ein Unterschied gilt als Übereinstimmung bis { $share } der Rechnung oder bis { $money }.
bills-margin-change = Ändern
bills-margin-share = Prozent der Rechnung
bills-margin-money = Oder ein Geldbetrag
bills-margin-hint = Der größere von beiden zählt. Tage, die noch nicht abgeschlossen sind, bleiben außen vor.
bills-margin-wrong = Bitte einfache Zahlen: Prozent mit höchstens einer Nachkommastelle, Geld mit höchstens sechs.

## Beide Spalten

bills-provider = Rechnung des Anbieters
bills-agency = Verbrauch laut Agentur
bills-difference = Unterschied
bills-untold = nicht angegeben
bills-total = Alle Rechnungen in { $currency }
bills-open-part =
    { $count ->
        [one] Vom Unterschied oben stammen { $amount } von { $count } Tag, der nicht abgeschlossen ist.
       *[other] Vom Unterschied oben stammen { $amount } von { $count } Tagen, die nicht abgeschlossen sind.
    }
bills-word-agree = Stimmt überein
bills-word-differ = Weicht ab
bills-word-open = Offen
bills-verdict-agree = An allen abgeschlossenen Tagen hat { $provider } genau das berechnet, was die Agentur angibt.
bills-verdict-within = An den abgeschlossenen Tagen unterscheiden sich beide um { $amount }. Das liegt in Ihrem Spielraum.
bills-verdict-more = An den abgeschlossenen Tagen hat { $provider } { $amount } mehr berechnet, als die Agentur angibt. Das ist mehr als Ihr Spielraum.
bills-verdict-less = An den abgeschlossenen Tagen gibt die Agentur { $amount } mehr an, als { $provider } berechnet hat. Das ist mehr als Ihr Spielraum.
bills-verdict-waits = Noch ist kein Tag abgeschlossen: Beide Zahlen können noch wachsen, darum wird nichts über sie gesagt.
bills-verdict-days = Das meiste davon stammt vom { $days }.
bills-shared = { $provider } nennt Geld hier nach Arbeitsbereich, nicht nach Schlüssel. Werden dort andere Schlüssel benutzt, sind deren Aufrufe in der Rechnung enthalten.
bills-shared-balance = { $provider } sagt nur, wie viele Credits das Konto noch hat. Die Rechnung ist deshalb, was zwischen zwei Blicken dieses Computers davon abging, zum Preis eines Credits. Werden andere Schlüssel des Kontos benutzt, ist das darin enthalten.
bills-basis-units = { $provider } hat keine Rechnung, die ein Programm lesen kann. Darum wird verglichen, was verbraucht wurde, und nicht das Geld.
bills-basis-needs_admin_key = { $provider } zeigt seine Rechnung nur einem Verwaltungsschlüssel, und auf diesem Computer ist keiner. Bis dahin stehen hier nur die Zahlen der Agentur.
bills-admin-key = Verwaltungsschlüssel bringen
bills-admin-key-what = Nur wem die Organisation bei { $provider } gehört, kann einen anlegen. Dieser Computer fragt damit nach der Rechnung und bewahrt ihn in seinem Schlüsselbund auf, bis Sie ihn in den Einstellungen vergessen lassen. { $agency } bekommt ihn nie.
bills-admin-key-said = Der Verwaltungsschlüssel von { $provider } bleibt auf diesem Computer.
bills-basis-not_fetched = { $provider } wurde für diesen Monat noch nicht gefragt.
bills-basis-watched = { $provider } sagt nur, wie viele Credits das Konto noch hat. Dieser Computer sieht stündlich nach, solange Ownkey läuft; seit dem ersten Blick ist keiner abgegangen.
bills-basis-silent = { $provider } wurde gefragt und sagt in diesem Monat nichts über den Schlüssel dieses Kontos. Falls er benutzt wurde, gehört der Verwaltungsschlüssel auf diesem Computer vielleicht zu einer anderen Organisation.
bills-not-allowed = Erlauben Sie es oben, dann kommen die Zahlen hierher.
bills-basis-not_offered = { $provider } sagt keinem Programm, was berechnet wurde. Speichern Sie die Rechnung auf der Seite des Anbieters als Tabelle, und fügen Sie die Datei hier hinzu.
bills-units-agree = Beide Seiten haben dasselbe gezählt.
bills-units-within = Beide Seiten haben fast dasselbe gezählt. Der Unterschied liegt in Ihrem Spielraum.
bills-units-differ = Die beiden Seiten haben verschieden gezählt, um mehr als Ihren Spielraum.
bills-units-untold = { $provider } hat nicht gesagt, was gezählt wurde.

## Tage

bills-days = Tage im { $month }
bills-days-how = Zeigen Sie auf einen Tag oder nehmen Sie die Pfeiltasten, um seine Zahlen zu lesen.
bills-days-alt =
    { $count ->
        [one] Ein Balken für die Agentur und einer für den Anbieter an { $count } Tag.
       *[other] Ein Balken für die Agentur und einer für den Anbieter an jedem von { $count } Tagen.
    } { $open ->
        [0] Alle sind abgeschlossen.
       *[other] Nicht abgeschlossen: { NUMBER($open) }.
    } Am meisten verbraucht wurde am { $most }.
bills-days-alt-agency =
    { $count ->
        [one] Ein Balken für die Agentur an { $count } Tag.
       *[other] Ein Balken für die Agentur an jedem von { $count } Tagen.
    } Am meisten verbraucht wurde am { $most }.
bills-day-both = { $day }: Anbieter { $billed }, Agentur { $claimed }, Unterschied { $difference }.
bills-day-one = { $day }: Agentur { $claimed }. Der Anbieter hat nichts angegeben.
bills-day-open = Noch nicht abgeschlossen.
bills-gap = Was abweicht
bills-unsettled = Noch nicht abgeschlossen
bills-settled = Abgeschlossen
bills-settled-yes = ja
bills-settled-no = noch nicht
bills-as-table = Als Tabelle zeigen
bills-as-bars = Als Balken zeigen
bills-day = Tag
bills-save = Als CSV speichern
bills-save-name = { $name } als CSV speichern
bills-saved = Gespeichert.
bills-file-add = Datei hinzufügen
bills-file-add-name = Der Rechnung von { $name } eine Datei hinzufügen
bills-file-added =
    { $lines ->
        [one] Eine Zeile wurde gelesen, über { $months }.
       *[other] { NUMBER($lines) } Zeilen wurden gelesen, über { $months }.
    }
bills-file-nothing = Die Datei sagt nichts über dieses Konto.
bills-file-passed-over =
    { $count ->
        [one] Eine Zeile betrifft etwas anderes.
       *[other] { NUMBER($count) } Zeilen betreffen etwas anderes.
    }
bills-file-from = Zahlen aus der Datei { $file }, hinzugefügt
bills-file-reading = Die Datei wird gelesen: { NUMBER($done) } von { NUMBER($of) } MB
bills-dropped = Wessen Rechnung ist { $file }?
bills-dropped-leave = Keine davon
bills-send = An die Agentur senden
bills-send-name = Summen von { $name } an die Agentur senden
bills-send-what = Beim Senden bekommt die Agentur beide Summen bis zum { $day } und einen Fingerabdruck der Tabelle, von diesem Computer unterschrieben, damit beide Seiten dieselben Zahlen haben. Sie bekommt keinen Schlüssel und keine Zeile der Rechnung des Anbieters.
bills-sent = An die Agentur gesendet
bills-sent-said = Gesendet.

## Warum sie sich unterscheiden

bills-causes = Warum sie sich unterscheiden
bills-causes-sign = Plus: Der Anbieter hat mehr berechnet. Minus: Die Agentur gibt mehr an.
bills-cause-days = Am { $days }
bills-look-people = Personen und Computer ansehen
bills-replace = Den Schlüssel ersetzen
cause-used_elsewhere = Anderswo benutzt
cause-used_elsewhere-what = Aufrufe mit diesem Schlüssel, die nicht über die Agentur kamen. Sehen Sie nach, wer den Schlüssel noch hat. Soll ihn niemand haben, ersetzen Sie ihn.
cause-not_listed = Fehlt beim Anbieter
cause-not_listed-what = Aufrufe, die die Agentur angibt und der Anbieter nicht aufführt. Fragen Sie die Agentur danach.
cause-unknown_calls = Aufrufe mit unbekanntem Ausgang
cause-unknown_calls-what = Der Server der Agentur wurde mitten in diesen Aufrufen beendet, darum kennt sie ihre Kosten nicht. Der Anbieter kennt sie.
cause-cut_streams = Abgebrochene Antworten
cause-cut_streams-what = Die Agentur sah nur einen Teil dieser Antworten oder musste sie schätzen. Der Anbieter hat berechnet, was er wirklich erzeugt hat.
cause-day_edge = Aufrufe um Mitternacht
cause-day_edge-what = Die eine Seite zählt sie zu diesem Tag, die andere zum nächsten. Über den Monat gleicht sich das aus.
cause-price = Ein anderer Preis
cause-price-what = Der Anbieter hat einen anderen Preis berechnet, als in seiner Liste steht: einen eigenen Tarif, einen Nachlass oder einen geänderten Preis.
cause-tier = Ein anderes Tempo
cause-tier-what = Aufrufe, die der Anbieter als langsamer und billiger oder als schneller und teurer berechnet hat, als die Agentur sie zählte.
cause-free_tier = Geschenkt
cause-free_tier-what = Der Anbieter hat einen Teil des Verbrauchs nicht berechnet.
cause-no_price = Ohne Preis bei der Agentur
cause-no_price-what = Die Liste der Agentur hat keinen Preis für diese Aufrufe, darum fehlen sie in ihrer Spalte. Der Anbieter hat sie berechnet.
cause-agency_price = Ein anderer Preis bei der Agentur
cause-agency_price-what = Die Agentur hat mit anderen Preisen gerechnet als mit der Liste in diesem Programm. Fragen Sie die Agentur, welche Liste sie nimmt.
cause-discount = Nachlass
cause-discount-what = Ein Nachlass, der als eigene Zeile auf der Rechnung steht.
cause-refund = Geld zurück
cause-refund-what = Das hat der Anbieter zurückgegeben.
cause-tax = Steuern
cause-tax-what = Steuern auf der Rechnung des Anbieters. In der Spalte der Agentur stehen keine.
cause-not_metered = Anderes auf der Rechnung
cause-not_metered-what = Dinge, die keine Aufrufe von Assistenten sind und die die Agentur nicht misst, etwa Speicher oder Suchen.
cause-rounding = Rundung
cause-rounding-what = Die Agentur rundet jeden Aufruf auf ein Millionstel, der Anbieter erst am Ende.
cause-not_told = Vom Anbieter nicht genannt
cause-not_told-what = Von diesen Tagen ist die Seite des Anbieters nicht oder nicht ganz bekannt: Dieser Computer hatte die Credits noch nicht gesehen, oder dazwischen wurden welche gekauft.
cause-not_settled = Noch nicht abgeschlossen
cause-not_settled-what = Diese Tage können sich auf der einen oder anderen Seite noch ändern. Sie bleiben außen vor, bis sie abgeschlossen sind.
cause-unexplained = Nicht erklärt
cause-unexplained-what = Was übrig bleibt, wenn alles andere abgezogen ist. Ist es mehr als eine Kleinigkeit, fragen Sie die Agentur.

## Teile

bills-models = Nach Modell
bills-model = Modell
bills-model-nameless = Aufrufe, die kein Modell nennen
bills-assistants = Nach Assistent
bills-assistants-why = Nur die Agentur weiß, welcher Assistent einen Aufruf gemacht hat. Darum steht daneben keine Zahl des Anbieters.
bills-assistant = Assistent
bills-nameless = Nicht mehr mit Namen bekannt
bills-calls = Aufrufe
bills-units = Was verbraucht wurde
bills-unit = Art
bills-provider-counted = Vom Anbieter gezählt
bills-agency-counted = Von der Agentur gezählt
bills-unit-input = Text-Token hinein
bills-unit-cached_input = Text-Token hinein, aus dem Kurzspeicher des Anbieters
bills-unit-cache_write = Text-Token in den Kurzspeicher
bills-unit-cache_write_hour = Text-Token für eine Stunde in den Kurzspeicher
bills-unit-audio_in = Audio-Token hinein
bills-unit-image_in = Bild-Token hinein
bills-unit-output = Text-Token heraus
bills-unit-reasoning = Token fürs Nachdenken
bills-unit-audio_out = Audio-Token heraus
bills-unit-image_out = Bild-Token heraus
bills-unit-images = Bilder
bills-unit-seconds_ms = Sekunden Audio
bills-unit-predict_ms = Sekunden Rechenzeit
bills-unit-credits_milli = Guthabenpunkte

## Wohin es geht

bills-forecast = Bis zum Monatsende etwa { $about } (zwischen { $low } und { $high }), nach der Spalte der Agentur.
bills-forecast-sure = Bis zum Monatsende etwa { $about }, nach der Spalte der Agentur.
bills-unusual = Ungewöhnliche Tage
bills-unusual-day = { $day }: { $amount }; sonst kostet ein solcher Tag { $usual }.
bills-unusual-who = Vor allem { $assistants }.

## Wann Sie es erfahren

bills-alert-of = Wann Sie etwas über { $name } erfahren
bills-alert-set = Bei einem Betrag Bescheid geben
bills-alert-set-name = Bei einem Betrag Bescheid geben: { $name }
bills-alert-change = Betrag ändern
bills-alert-change-name = Betrag ändern: { $name }
bills-alert = Sie erfahren es bei { $amount }. Dieser Monat steht bei { $figure }, { $share } davon.
bills-alert-reached = Dieser Monat hat { $amount } erreicht; dabei wollten Sie Bescheid bekommen. Er steht bei { $figure }.
bills-alert-at = Bescheid geben bei ({ $currency })
bills-alert-hint = Die größere der beiden Zahlen zählt. Sobald neue Zahlen zeigen, dass der Betrag erreicht ist, erfahren Sie es einmal in diesem Monat: hier, bei den Schlüsseln und über das System.
bills-alert-wrong = Bitte einen Betrag über null mit höchstens sechs Nachkommastellen.
bills-alert-off = Keinen Bescheid geben
bills-alert-said = Sie erfahren es bei { $amount }.
bills-alert-off-said = Sie erfahren von keinem Betrag mehr.
bills-spend-limit-of = Die Grenze von { $name } beim Anbieter
bills-spend-limit = { $provider } hält dieses Projekt bei { $amount } im Monat an.
bills-spend-limit-enforcing = { $provider } lehnt die Aufrufe dieses Projekts zurzeit ab: Der Monat hat { $amount } erreicht.
bills-spend-limit-none = { $provider } hat für dieses Projekt keine Grenze.
bills-spend-limit-as-of = So mitgeteilt am
bills-spend-limit-set = Grenze setzen
bills-spend-limit-set-name = Grenze setzen: { $name }, beim Anbieter
bills-spend-limit-change = Grenze ändern
bills-spend-limit-change-name = Grenze ändern: { $name }, beim Anbieter
bills-spend-limit-at = Höchstens im Monat ({ $currency })
bills-spend-limit-hint = { $provider } selbst lehnt jeden Aufruf mit Schlüsseln des Projekts ab, sobald ein Monat so viel gekostet hat. Die Assistenten tun dann, was für einen Schlüssel vereinbart ist, der ausfällt.
bills-spend-limit-wrong = Bitte einen Betrag in ganzen Cent, der über null liegt.
bills-spend-limit-off = Grenze aufheben
bills-spend-limit-said = { $provider } hält dieses Projekt bei { $amount } im Monat an.
bills-spend-limit-off-said = { $provider } hat für dieses Projekt keine Grenze mehr.

## Eigene Preise

bills-rates =
    { $count ->
        [0] Eigene Preise
        [one] Eigene Preise ({ NUMBER($count) })
       *[other] Eigene Preise ({ NUMBER($count) })
    }
bills-rates-why = Wenn Sie mit einem Anbieter andere Preise vereinbart haben als die auf seiner Liste, tragen Sie sie hier ein. Beide Spalten werden dann von ihrem Tag an damit gerechnet.
bills-rate-new = Ein eigener Preis
bills-rate-provider = Anbieter
bills-rate-for = Wofür
bills-rate-price = Preis
bills-rate-price-of = Preis in { $currency }, { $per }
bills-rate-per-million = für eine Million
bills-rate-per-whole = je Stück
bills-rate-per-second = je Sekunde
bills-rate-per-credit = je Credit
bills-rate-from = Von diesem Tag an
bills-rate-hint = Das Modell mit dem Namen, der auf der Rechnung steht, mit Datum oder ohne. Dasselbe Modell mit derselben Einheit und demselben Tag ersetzt den Preis davor.
bills-rate-wrong-model = Bitte den Namen des Modells, wie ihn die Rechnung hat, ohne Leerzeichen.
bills-rate-wrong-price = Bitte den Preis als einfache Zahl und nur mit so vielen Nachkommastellen, wie gemerkt werden können: sechs für eine Million.
bills-rate-wrong-from = Bitte den Tag wählen, von dem an der Preis gilt.
bills-rate-add = Diesen Preis hinzufügen
bills-rate-added = Der Preis ist hinzugefügt. Beide Spalten sind damit gerechnet.
bills-rate-remove = Entfernen
bills-rate-remove-name = { $rate } entfernen
bills-rate-name = { $model }, { $unit }, ab { $date }
bills-rate-removed = Der Preis ist entfernt. Die Liste gilt wieder.

## Was auf keiner Rechnung von Ihnen steht

bills-platform = Von der Plattform bezahlt: nicht auf Ihrer Rechnung
bills-platform-why = Diese Aufrufe hat die Agentur selbst bezahlt. Bei keinem Anbieter kosten sie Sie etwas.
bills-platform-name = Wofür

## Nichts da

bills-empty-title = Kein Konto, keine Rechnung
bills-empty = Wenn Sie ein Konto verbunden haben, steht hier Tag für Tag seine Rechnung neben dem, was die Agentur angibt.
bills-none-title = Keine Zahlen für { $month }
bills-none = Sobald ein Assistent in diesem Monat eines Ihrer Konten benutzt hat, kommen die Zahlen der Agentur hierher. Damit die des Anbieters daneben stehen, erlauben Sie es oben.

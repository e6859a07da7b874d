### Verbinden: ein Weg vom Anbieter bis zum ersten Aufruf.

choose-title = Ein Konto verbinden
choose-title-for = Ein Konto für { $use } verbinden
choose-lead = Ein Konto bei einem Anbieter. Sie erstellen dort einen Schlüssel, oder Ownkey erstellt ihn, und Sie bestimmen, wofür er da ist.
choose-provider = Anbieter
choose-uses = Wofür ist das Konto bei { $provider }?
choose-only-use = die eine Nutzung, für die dieser Anbieter da ist
choose-first = Wählen Sie einen Anbieter.
choose-one-use = Wählen Sie mindestens eine Nutzung.
choose-next = Als Nächstes: wer den Schlüssel erstellt.

connect-of = { $provider } verbinden
connect-later = Später weitermachen
connect-discard = Verwerfen …
connect-kept = Jeder Schritt bleibt erhalten. Sie können das Fenster schließen und dort weitermachen, wo Sie waren.

steps = Schritte
step-how = Weg
step-key = Schlüssel
step-check = Prüfung
step-review = Durchsicht
step-confirm = Bestätigung
step-try = Probe
step-use = Nutzung
step-done = Fertig
step-how-title = Wer erstellt den Schlüssel?
step-key-title = Schlüssel erstellen und herbringen
step-check-title = Funktioniert der Schlüssel?
step-review-title = Was die Agentur bekommt
step-confirm-title = Die Agentur bestätigt
step-try-title = Zuerst mit einem Assistenten probieren
step-use-title = Für alle benutzen
step-done-title = { $provider } ist in Gebrauch
step-past = erledigt
step-of = Schritt { $step } von { $of }: { $name }
step-next = Danach: { $name }
step-said = Schritt { $step } von { $of }: { $name }.

## Weg

how-lead = Mit einem Schlüssel können die Assistenten Ihr Konto bei { $provider } benutzen. Es gibt zwei Wege zu ihm.
how-lead-by-hand = Mit einem Schlüssel können die Assistenten Ihr Konto bei { $provider } benutzen. { $provider } lässt nur Menschen Schlüssel erstellen, also erstellen Sie ihn dort und bringen ihn her.
how-by-hand = Ich erstelle ihn bei { $provider }
how-by-hand-more = Wir sagen, was zu erstellen ist; Sie kopieren den Schlüssel und drücken hier einen Knopf.
how-made-for-me = Für mich erstellen
how-made-for-me-more = Mit einem Verwaltungsschlüssel von { $provider } erstellt Ownkey einen Schlüssel, der nur das Nötige kann. Der Verwaltungsschlüssel verlässt diesen Computer nie.

## Schlüssel

create-openai = Erstellen Sie ein Projekt mit dem Namen „{ $agency }“ und darin einen geheimen Schlüssel mit eingeschränkten Rechten: Modelle lesen, und Anfragen für { $uses }.
limits-openai = Geben Sie dem Projekt ein Monatsbudget. Mehr kann der Schlüssel dann nie ausgeben, was auch geschieht.
create-anthropic = Erstellen Sie einen Workspace mit dem Namen „{ $agency }“ und darin einen API-Schlüssel mit dem Namen „Ownkey“.
limits-anthropic = Geben Sie dem Workspace eine monatliche Ausgabengrenze: Die Schlüssel dort haben keine eigenen Rechte, also hält nur die Grenze sie in Schranken.
create-gemini = Erstellen Sie einen API-Schlüssel in einem eigenen Projekt mit dem Namen „{ $agency }“, beschränkt auf die Gemini API.
limits-gemini = Legen Sie für dieses Projekt ein Budget in Google Cloud fest. Einen Schlüssel ohne jede Beschränkung lehnt Google ab.
create-stability = Erstellen Sie einen API-Schlüssel mit dem Namen „{ $agency }“.
limits-stability = Schlüssel haben dort keine Grenzen: Mehr als das Guthaben, das Sie vorher kaufen, kann nicht ausgegeben werden.
create-replicate = Erstellen Sie ein API-Token mit dem Namen „{ $agency }“.
limits-replicate = Tokens haben dort keine Grenzen: Mehr als das Guthaben, das Sie vorher kaufen, kann nicht ausgegeben werden.
create-admin-openai = Erstellen Sie einen Verwaltungsschlüssel (Admin key) mit dem Namen „Ownkey“, gültig für einen Tag, wenn die Seite das anbietet.
limits-admin-openai = Das kann nur ein Inhaber der Organisation bei OpenAI. Er wird einmal benutzt, auf diesem Computer, und dann vergessen.
addresses-title = Gute Praxis: den Schlüssel auf die Adressen der Agentur beschränken
addresses-why = { $agency } ruft den Anbieter nur von diesen Internetadressen aus auf. Ein darauf beschränkter Schlüssel besteht die Prüfung auf diesem Computer absichtlich nicht; dann prüft ihn die Agentur.
addresses-copy = Adressen kopieren
addresses-copied = Adressen kopiert
paste-sentence = Kopieren Sie dort den Schlüssel, kommen Sie zurück, und drücken Sie diesen Knopf.
paste-admin-sentence = Kopieren Sie dort den Verwaltungsschlüssel, kommen Sie zurück, und drücken Sie diesen Knopf.
paste-key = Schlüssel einfügen
paste-admin-key = Verwaltungsschlüssel einfügen
paste-why = Es gibt absichtlich kein Feld zum Eintippen: Ownkey liest die Zwischenablage selbst, legt den Schlüssel in den Schlüsselbund und leert danach die Zwischenablage. Falls Ihr System einen Verlauf der Zwischenablage führt, löschen Sie ihn auch dort.
paste-whose = Schlüssel, die so aussehen, gibt es bei mehr als einem Anbieter. Haben Sie ihn bei { $provider } kopiert? Bis Sie das sagen, wird er nirgendwohin gesendet.
paste-sure = Ja, es ist ein Schlüssel von { $provider }
paste-have = Abgelegt: { $kind }
practice-key = Übungsschlüssel kopieren
practice-admin-key = Übungs-Verwaltungsschlüssel kopieren
make-ready = Der Verwaltungsschlüssel ist da:
make-kept = Ein Verwaltungsschlüssel liegt auf diesem Computer.
make-what = Ownkey erstellt ein Projekt für { $agency } und darin einen Schlüssel, der nur das kann, was Sie gewählt haben.
make-keep = Den Verwaltungsschlüssel auf diesem Computer behalten
make-keep-more = Damit der Schlüssel später mit einem Klick ersetzt werden kann. Er bleibt hier im Schlüsselbund und geht nie an die Agentur.
make-key = Schlüssel erstellen
make-other = Anderen Verwaltungsschlüssel einfügen
making-project = Ein eigenes Projekt
making-service_account = Ein Dienstkonto darin
making-first_key_deleted = Der erste Schlüssel des Kontos, der alles konnte, gelöscht
making-scoped_key = Ein Schlüssel, der nur das Nötige kann
making-other = Ein weiterer Schritt beim Anbieter
making-done = erledigt
making-open = noch offen

## Prüfung

key-kept-here = auf diesem Computer abgelegt
key-kind-key = Schlüssel
key-kind-api-key = API-Schlüssel
key-kind-project-key = Projektschlüssel
key-kind-user-key = persönlicher Schlüssel
key-kind-legacy-key = persönlicher Schlüssel der älteren Art
key-kind-service-account-key = Schlüssel eines Dienstkontos
key-kind-scoped-key = Schlüssel mit eingeschränkten Rechten
key-kind-workspace-key = Workspace-Schlüssel
key-kind-standard-key = Standardschlüssel
key-kind-auth-key = Autorisierungsschlüssel
key-kind-token = API-Token
key-kind-api-token = API-Token
key-kind-admin-key = Verwaltungsschlüssel
check-again = Erneut prüfen
check-stops = Dieser Schlüssel ist nicht brauchbar, also wird nichts gesendet.
other-key = Anderen Schlüssel bringen
check-unreached = Der Anbieter ließ sich nicht fragen, also ist über den Schlüssel noch nichts bekannt. Er bleibt abgelegt; prüfen Sie später erneut.
open-billing = Abrechnungsseite öffnen
models-title = Welches Modell?
models-why = Diese Modelle bietet Ihr Konto an. Wählen Sie eines je Nutzung, oder überlassen Sie es dem Assistenten.
model-none = Kein passendes Modell im Angebot
consent = Trotzdem senden
consent-more = Ich habe gelesen, was nicht funktionieren wird.
consent-agency = Senden und die Agentur prüfen lassen
consent-agency-more = Der Schlüssel gilt nur von den Adressen der Agentur aus, also kann dieser Computer nicht mehr sagen.
to-review = Ansehen, was gesendet wird
to-review-agency = Senden und die Agentur prüfen lassen

## Durchsicht

gets-title = { $agency } bekommt
gets-not-title = { $agency } bekommt nicht
gets-sealed = eine versiegelte Kopie dieses einen Schlüssels von { $provider }, als Version { $version }
gets-uses = das Recht, ihn zu benutzen für: { $uses }
gets-who = Ihren Namen, { $name }, und die Zeit, im gemeinsamen Verlauf
gets-not-plain = den Schlüssel im Klartext: nicht per E-Mail, nicht in einem Formular, nicht in einer Protokolldatei
gets-not-login = Ihre Anmeldung, Ihr Passwort oder Ihre Zahlungsdaten bei { $provider }
gets-not-admin = den Verwaltungsschlüssel: Er bleibt auf diesem Computer oder wird vergessen
gets-not-history = andere Schlüssel oder Projekte Ihres Kontos bei { $provider }
sealed-what = Versiegelt heißt: auf diesem Computer so verschlossen, dass nur der Server von { $agency } es öffnen kann, um für Sie Aufrufe zu machen. Sie können das jederzeit beenden.
parcel-exactly = Genau gesagt
parcel-key = Versiegelt für
parcel-suite = Verfahren
parcel-size = Größe
parcel-bytes = { $bytes } Byte, gleich für jeden üblichen Schlüssel
seal-and-send = Versiegeln und senden

## Bestätigung

confirm-lead = { $agency } öffnet die versiegelte Kopie und probiert den Schlüssel aus dem eigenen Netz. Noch läuft nichts darauf.
confirm-sealed = Auf diesem Computer versiegelt
confirm-sent = Gesendet
confirm-opened = Von { $agency } geöffnet und probiert
confirm-refused = { $agency } konnte diesen Schlüssel nicht benutzen, also läuft nichts darauf. Verwerfen Sie ihn, und bringen Sie einen anderen.
confirm-stored = { $agency } verwahrt die versiegelte Kopie und hat sie noch nicht probiert. Diese Seite geht von selbst weiter.
send-again = Erneut senden
receipt-works = { $agency } hat die Kopie geöffnet, und der Schlüssel funktioniert.
receipt-refused = { $agency } kann diesen Schlüssel nicht benutzen.
receipt-stored = { $agency } verwahrt die versiegelte Kopie.
receipt-signed = Unterschrieben von { $agency },
receipt-fingerprint = Kopie
receipt-verdicts = Was { $agency } gefunden hat

## Probe, Nutzung, fertig

try-lead = { $agency } hat „{ $assistant }“ als Assistenten benannt, bei dem ein Fehler wenig schadet. Nur er liefe auf dem neuen Schlüssel, bis Sie mehr erlauben.
try-start = Mit „{ $assistant }“ probieren
try-skip = Überspringen
try-running = „{ $assistant }“ läuft auf dem neuen Schlüssel
try-waiting = Es wird auf den ersten Aufruf von „{ $assistant }“ gewartet. Sie müssen nicht darauf warten. Begonnen
try-first-call = Erster Aufruf
try-none = { $agency } hat keinen Assistenten zum Probieren benannt.
promote-lead = Was soll von jetzt an auf Ihrem Konto bei { $provider } laufen?
promote-before-platform = { $agency } zahlt zurzeit dafür.
promote-before-other = Zurzeit dient { $provider } dafür.
promote-before-same = Zurzeit dient die vorige Version dafür.
promote-before-nobody = Zurzeit zahlt niemand dafür.
promote-hint = Alle Assistenten wechseln auf einmal, ohne dass ein Aufruf fehlschlägt.
use-for-all = Für alle benutzen
done-what = Auf Ihrem Konto bei { $provider } laufen: { $uses }.
done-works = Die Assistenten von { $agency } machen ihre Aufrufe damit, und Sie bezahlen den Anbieter direkt.
first-calls = Erste Aufrufe
first-calls-waiting = Der nächste Aufruf eines Assistenten erscheint hier. Sie müssen nicht darauf warten.
connect-finish = Zu den Schlüsseln

"""The shop's texts in German."""

GERMAN = {
    "(no subject)": "(kein Betreff)",
    "Accessories": "Zubehör",
    "Administration": "Verwaltung",
    "All": "Alles",
    "All products": "Alle Artikel",
    "Arrived for": "Angekommen für",
    "Arrived: {count}. None of them left this computer.": (
        "Angekommen: {count}. Nichts davon hat diesen Rechner verlassen."
    ),
    "Article": "Artikel",
    "At least eight characters": "Mindestens acht Zeichen",
    "Back": "Zurück",
    "Behind the counter": "Hinter dem Tresen",
    "Bikes": "Räder",
    "Black": "Schwarz",
    "Blue": "Blau",
    "Cart": "Warenkorb",
    "Categories": "Kategorien",
    "Change": "Ändern",
    "Checkout": "Kasse",
    "City": "Ort",
    "Clothing": "Kleidung",
    "Colour": "Farbe",
    "Components": "Teile",
    "Country": "Land",
    "Delete for good": "Endgültig löschen",
    "Delete the account": "Konto löschen",
    "Do you have an account?": "Haben Sie ein Konto?",
    "E-mail address": "E-Mail-Adresse",
    "Every SMS ends up here; a small stand-in plays Twilio.": "Jede SMS landet hier; ein kleiner Ersatz spielt Twilio.",
    "Every e-mail the demo sends ends up here. Open one, and click its links.": (
        "Jede E-Mail der Demo landet hier. Öffnen Sie eine, und klicken Sie auf ihre Links."
    ),
    "Everything for the ride": "Alles für die Fahrt",
    "First name": "Vorname",
    "Freewheel is a demo of webshop_segments. Nothing is sold, and no message leaves this computer.": (
        "Freewheel ist eine Demo von webshop_segments. Nichts wird verkauft, "
        "und keine Nachricht verlässt diesen Rechner."
    ),
    "Freewheel is a small shop, and webshop_segments is a guest in it: this is how it looks in your own.": (
        "Freewheel ist ein kleiner Shop, in dem webshop_segments zu Gast ist: So sieht es auch in Ihrem aus."
    ),
    "Go on shopping": "Weiter einkaufen",
    "Grey": "Grau",
    "Guide": "Rundgang",
    "Language": "Sprache",
    "Language of our messages": "Sprache unserer Nachrichten",
    "Last name": "Nachname",
    "Leave us": "Uns verlassen",
    "Log in": "Anmelden",
    "Log in instead": "Lieber anmelden",
    "Log out": "Abmelden",
    "Mailbox": "Postfach",
    "Make a segment, put business partners into it, write a newsletter and send it.": (
        "Legen Sie ein Segment an, nehmen Sie Geschäftspartner auf, schreiben und versenden Sie einen Newsletter."
    ),
    "Mobile number": "Mobilnummer",
    "Multi": "Bunt",
    "Name": "Name",
    "New here?": "Neu hier?",
    "Newer": "Neuere",
    "News comes to you only if you agreed to it, and each message has a link that ends it.": (
        "Neuigkeiten erhalten Sie nur, wenn Sie eingewilligt haben, und jede Nachricht lässt sich abbestellen."
    ),
    "Next": "Weiter",
    "Older": "Ältere",
    "Optional, with the country: +49 151 23456789": "Freiwillig, mit Ländervorwahl: +49 151 23456789",
    "Order for {total}": "Für {total} bestellen",
    "Order {number}": "Bestellung {number}",
    "Our newsletter": "Unser Newsletter",
    "Page {number} of {all}": "Seite {number} von {all}",
    "Pages": "Seiten",
    "Password": "Passwort",
    "Phones": "Telefone",
    "Please choose a password of at least eight characters.": (
        "Bitte wählen Sie ein Passwort mit mindestens acht Zeichen."
    ),
    "Please fill this in.": "Bitte füllen Sie dieses Feld aus.",
    "Please log in to see this page.": "Bitte melden Sie sich an, um diese Seite zu sehen.",
    "Please write the number like +49 151 23456789.": "Bitte schreiben Sie die Nummer wie +49 151 23456789.",
    "Postal code": "Postleitzahl",
    "Privacy": "Datenschutz",
    "Put in the cart": "In den Warenkorb",
    "Quantity": "Menge",
    "Quantity of {name}": "Menge von {name}",
    "Red": "Rot",
    "Register": "Registrieren",
    "Register, order, log in and tick the boxes in your profile, as customers do.": (
        "Registrieren Sie sich, bestellen Sie, und kreuzen Sie im Profil an, was Sie erhalten möchten."
    ),
    "Remove": "Entfernen",
    "Save": "Speichern",
    "See what we have": "Zum Angebot",
    "Shop": "Shop",
    "Silver": "Silber",
    "Silver/Black": "Silber/Schwarz",
    "Size": "Größe",
    "Skip to the content": "Zum Inhalt",
    "Street and number": "Straße und Hausnummer",
    "Thank you": "Danke",
    "Thank you, {name}!": "Danke, {name}!",
    "That did not work": "Das hat nicht geklappt",
    "The address or the password is not right. Please try again.": (
        "Die Adresse oder das Passwort stimmt nicht. Bitte versuchen Sie es noch einmal."
    ),
    "The mail as HTML": "Die E-Mail als HTML",
    "There is nothing in it yet.": "Er ist noch leer.",
    "This cannot be undone. Your orders are kept as long as tax law asks for it.": (
        "Das lässt sich nicht rückgängig machen. Ihre Bestellungen bleiben, solange das Steuerrecht es verlangt."
    ),
    "This form has been open for too long. Go back, load the page again and send it once more.": (
        "Dieses Formular war zu lange offen. Gehen Sie zurück, laden Sie die Seite neu, und senden Sie es noch einmal."
    ),
    "This is not an e-mail address. It looks like name@example.com.": (
        "Das ist keine E-Mail-Adresse. Sie sieht aus wie name@example.com."
    ),
    "This page does not exist, or not any more.": "Diese Seite gibt es nicht oder nicht mehr.",
    "This page is not for you. Log in as somebody who may see it.": (
        "Diese Seite ist nicht für Sie. Melden Sie sich als jemand an, der sie sehen darf."
    ),
    "To the checkout": "Zur Kasse",
    "To the start page": "Zur Startseite",
    "Total": "Summe",
    "Unsubscribe, as a mail program does with one click": "Abbestellen, wie ein Mailprogramm mit einem Klick",
    "We have your order {number} and write to {email} when it leaves.": (
        "Wir haben Ihre Bestellung {number} und schreiben an {email}, sobald sie unterwegs ist."
    ),
    "Welcome, {name}!": "Willkommen, {name}!",
    "What there is to click": "Was es zu sehen gibt",
    "What you type in here stays in the demo's folder on this computer, and goes with it when you delete the folder.": (
        "Was Sie hier eingeben, bleibt im Ordner der Demo auf diesem Rechner und verschwindet mit ihm."
    ),
    "Where shall it go?": "Wohin soll es gehen?",
    "White": "Weiß",
    "With this address no new account can be made. If it is yours, log in, or write to us.": (
        "Mit dieser Adresse lässt sich kein neues Konto anlegen. Ist es Ihre, melden Sie sich an, "
        "oder schreiben Sie uns."
    ),
    "Yellow": "Gelb",
    "You have not ordered yet.": "Sie haben noch nichts bestellt.",
    "You order as a guest.": "Sie bestellen als Gast.",
    "Your account is deleted.": "Ihr Konto ist gelöscht.",
    "Your cart": "Ihr Warenkorb",
    "Your last orders": "Ihre letzten Bestellungen",
    "Your order": "Ihre Bestellung",
    "Your profile": "Ihr Profil",
    "Your profile is saved.": "Ihr Profil ist gespeichert.",
    "Your shopping": "Ihr Einkauf",
    "from {sender}": "von {sender}",
    "“{name}” is in your cart.": "„{name}“ liegt im Warenkorb.",
}

"""The wording the publishing form starts with, in each language of the plugin."""

from __future__ import annotations

from .wording import Wording


def default_wordings(shop_name: str, privacy_url: str) -> list[Wording]:
    """English and German, naming the sender, the purpose and the way back."""
    return [
        Wording(
            language="en",
            statement=f"I want to receive commercial information (news and offers) from {shop_name}:",
            withdrawal=(
                "Your consent is voluntary. You can withdraw it at any time, with effect for the future, "
                "through the link in every message or in your profile."
            ),
            privacy_url=privacy_url,
            labels={
                "email": "by e-mail",
                "sms": "by SMS",
                "whatsapp": "by WhatsApp",
                "phone": "by phone call",
            },
        ),
        Wording(
            language="de",
            statement=f"Ich möchte kommerzielle Informationen (Neuigkeiten und Angebote) von {shop_name} erhalten:",
            withdrawal=(
                "Ihre Einwilligung ist freiwillig. Sie können sie jederzeit mit Wirkung für die Zukunft widerrufen, "
                "über den Link in jeder Nachricht oder in Ihrem Profil."
            ),
            privacy_url=privacy_url,
            labels={
                "email": "per E-Mail",
                "sms": "per SMS",
                "whatsapp": "per WhatsApp",
                "phone": "per Telefonanruf",
            },
        ),
    ]

"""Every page of the plugin, put under the host's URL prefix."""

from __future__ import annotations

from flask import Flask

from . import (  # noqa: F401 - each module adds its views to a blueprint
    administrator_list,
    administrators,
    browser_view,
    call_lists,
    consents,
    dispatches,
    form_token,
    history_page,
    imports,
    login,
    mail_account,
    member_search,
    members,
    newsletter_form,
    newsletter_list,
    newsletters,
    people,
    preferences,
    segment_columns,
    segment_exports,
    segments,
    send,
    signup,
    subscribers,
    webhooks,
)
from .admin import bp as admin_bp
from .public import bp as public_bp


def register(app: Flask, url_prefix: str) -> None:
    """Add the admin pages and the public links to an app."""
    for blueprint in (admin_bp, public_bp):
        app.register_blueprint(blueprint, url_prefix=url_prefix)

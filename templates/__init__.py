"""The plugin's Jinja templates."""

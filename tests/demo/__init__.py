"""The demo shop: a shop first, then a host of the plugin."""

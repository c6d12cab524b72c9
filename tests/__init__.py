"""What the plugin promises, as tests; those in browser/ drive a real Chromium."""

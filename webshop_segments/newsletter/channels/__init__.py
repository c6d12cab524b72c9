"""The adapters of port 3: e-mail (SMTP), Twilio, memory."""

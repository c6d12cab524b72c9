"""System messages: confirmations, invitations, codes, trials, alarms."""

"""Who agreed to what: versions, the ledger, its state, suppression."""

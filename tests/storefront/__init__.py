"""What the shop's customers see and do: boxes, confirmations, preferences."""

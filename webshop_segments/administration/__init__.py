"""Who works in the panel: administrators, their permissions, and the history of what they did."""

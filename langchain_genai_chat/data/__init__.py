"""Facts that come from elsewhere, as they are."""

"""What an account for a relation consists of: one row per event, its words in each language, data and page."""

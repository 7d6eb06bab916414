"""Opening, importing, checking and backing up projects."""

"""Tables of text and spreadsheets, cell by cell."""

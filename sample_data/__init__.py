"""Sample data for offline use: clips, a long recording and the code that renders them."""

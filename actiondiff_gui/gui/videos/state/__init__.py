"""What is shown of recordings, and what is changed; no Qt."""

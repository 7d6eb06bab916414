"""What a whole window shares: background jobs, keys, and changes that wait for the project."""

"""The project file: schema, transactions, turns and migration."""

"""Projects: videos, clips, labels, metadata, history, backups and file formats."""

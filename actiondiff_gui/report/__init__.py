"""What does a person get to open? Figures and the report page."""

"""State of one window: the open project, the selection and the address, without Qt."""

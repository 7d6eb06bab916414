"""Forms made from settings dataclasses, and the address bar."""

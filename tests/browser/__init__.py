"""The pages for people, clicked through in a real browser."""

"""Typed templates into code: parse a template, put it through one libcst pass a file, format and check the result."""

"""Translators to the outside, one outside thing a file. They never decide anything."""

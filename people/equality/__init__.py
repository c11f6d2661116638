"""Equality answers: a table apart, whose only key is an HMAC of the user's id.

Who may import this package: its owner's pages (here) and `evaluation`'s aggregates. An import contract says so.
"""

"""Pausing accounts: the decision, what the paused person may still do, their appeal, and the moderation log."""

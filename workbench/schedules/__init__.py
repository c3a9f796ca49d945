"""Runs by the clock and what they set off: schedules, alarm rules, channels, and the outbox between them."""

"""Competitions: bundles, submissions, the box they run in, scores and leaderboards."""

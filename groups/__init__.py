"""Summaries of groups of people, for analytics and the API alike. Pure: the standard library only."""

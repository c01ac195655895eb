"""Intents: functions that run when a sensor fires, from a queue that outlives the process."""

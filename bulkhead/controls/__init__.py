"""Controls: what an auditor asks, read from the environment and never from the plan alone.

`catalogue` has one file per control; `running` asks them; `levels` says what the answers mean for
each zone; `register` holds findings that somebody accepted; `formats` writes all of it down.
"""

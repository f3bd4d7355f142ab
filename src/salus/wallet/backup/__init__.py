"""A wallet's backup: one file that anybody may keep, and slots that open it once an account is recovered.

`slots.py` what opens a slot; `file.py` the bytes; `share.py` the operator's half.
"""

"""Cases beside the table of test_told.py: function(world, build, number) each."""

CASES = {}

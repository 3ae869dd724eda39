"""The systems' own suites are run from copies, by test_systems.py: they are not part of ours."""

collect_ignore_glob = ["*/tests/*"]

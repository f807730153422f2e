"""The real loop and core against an imitated world, in virtual time: fault schedules, each from a seed."""

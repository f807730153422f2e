"""The real loop and core against an imitated world, in virtual time: thousands of fault schedules, each from a seed."""
